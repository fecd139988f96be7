/** Run in a process of its own, as Node reads NODE_EXTRA_CA_CERTS when it starts: one message there and back through the proxy. */
import { bufferSource, MeshClient } from '../../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../../nodes/Mesh/client';

async function roundTrip(options: MeshClientOptions): Promise<number> {
	const client = new MeshClient(options);
	await client.handshake();
	const source = bufferSource(Buffer.alloc(300_000, 'x'));
	const { messageId } = await client.send(
		{ to: options.mailboxId, workflowId: 'WF', source },
		{ chunkSize: 100_000, compression: 'never' },
	);
	let bytes = 0;
	for await (const piece of (await client.download(messageId)).body) bytes += (piece as Buffer).length;
	await client.acknowledge(messageId);
	await client.close();
	return bytes;
}

process.once('message', (options: MeshClientOptions) => {
	void roundTrip(options).then(
		(bytes) => process.send?.({ bytes }),
		(error: unknown) => process.send?.({ error: String(error) }),
	);
});
