import { sandboxForTests } from '../support/caller';
import { jsonOf, pieces, Wire } from './wire';

// The NHS's serverless client for AWS: version 2, always a chunk range, the number of chunks read from mex-total-chunks, and an
// inbox taken page by page from its beginning: each page is stored and acknowledged before the next is asked for.

const world = sandboxForTests();
let sender: Wire;
let receiver: Wire;
beforeAll(() => {
	sender = new Wire(world.sandbox, 'X26ABC1', { countsFrom: 0 });
	receiver = new Wire(world.sandbox, 'X26ABC2', { countsFrom: 0 });
});
afterEach(() => world.sandbox.reset());
afterAll(() => {
	sender.close();
	receiver.close();
});

const ALWAYS = { 'User-Agent': 'mesh_client;2.0;N/A', Accept: 'application/vnd.mesh.v2+json', 'Accept-Encoding': 'gzip, deflate' };

async function send(content: Buffer, chunkBytes: number): Promise<string> {
	const parts = pieces(content, chunkBytes);
	const headers = {
		...ALWAYS,
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'W',
		'mex-filename': 'f',
		'mex-localid': 'L',
		'mex-partnerid': 'P',
		'mex-content-type': 'application/json',
		'mex-content-compress': 'Y',
		'mex-chunk-range': `1:${parts.length}`,
	};
	const id = String(jsonOf(await sender.call('POST', '/outbox', headers, parts[0])).message_id);
	for (let chunk = 2; chunk <= parts.length; chunk++) {
		const { status } = await sender.call(
			'POST',
			`/outbox/${id}/${chunk}`,
			{ ...ALWAYS, 'Content-Type': 'application/octet-stream', 'mex-chunk-range': `${chunk}:${parts.length}` },
			parts[chunk - 1],
		);
		expect(status).toBe(202);
	}
	return id;
}

test('the inbox is emptied page by page, always from its beginning', async () => {
	const sent: string[] = [];
	for (let number = 0; number < 25; number++) sent.push(await send(Buffer.from(`message ${number}`), 100));
	const received: string[] = [];
	for (;;) {
		const { messages } = jsonOf(await receiver.call('GET', '/inbox?max_results=10', ALWAYS)) as { messages: string[] };
		if (messages.length === 0) break;
		for (const id of messages) {
			expect((await receiver.call('GET', `/inbox/${id}`, ALWAYS)).status).toBe(200);
			expect((await receiver.call('PUT', `/inbox/${id}/status/acknowledged`, ALWAYS)).status).toBe(200);
			received.push(id);
		}
	}
	expect(received).toEqual(sent);
});

test('the number of chunks is known from the headers alone, before a byte is fetched', async () => {
	const id = await send(Buffer.from('0123456789'), 4);
	const { headers } = await receiver.call('HEAD', `/inbox/${id}`, ALWAYS);
	expect([headers['mex-total-chunks'], headers['mex-content-type'], headers['mex-partnerid']]).toEqual(['3', 'application/json', 'P']);
	expect((await receiver.call('GET', `/inbox/${id}/3`, { ...ALWAYS, 'Accept-Encoding': 'identity' })).body.toString()).toBe('89');
});
