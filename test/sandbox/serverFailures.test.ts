import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { gzipSync } from 'node:zlib';
import type { RecordedRequest } from '../../sandbox';
import { sandboxForTests, token } from './support/caller';

const GENERIC = { message: 'An internal error occurred.\n\nPlease contact support.' };
const PACKED = gzipSync(randomBytes(2_000_000));
const asGzip = { 'content-encoding': 'gzip' };

describe('what fails in the server', () => {
	const finished: RecordedRequest[] = [];
	let onFinished = () => {};
	const world = sandboxForTests({
		onRequest(record) {
			finished.push(record);
			onFinished();
		},
	});
	/** The log’s line of a call, when it is complete. */
	const line = async (call: string): Promise<RecordedRequest> => {
		for (;;) {
			const found = finished.find((record) => record.call === call);
			if (found) return found;
			await new Promise<void>((resolve) => (onFinished = resolve));
		}
	};
	beforeEach(() => finished.splice(0));

	it('content that is labelled gzip and is none: said in the log, not in the answer', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'plain', asGzip);
		const { status, json } = await world.mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('download')).toMatchObject({ status: 500, outcome: 'The content is labelled gzip and is none' });
	});

	it('gzip content that ends too early, or is damaged within: the answer breaks off, and not because the client gave up', async () => {
		const damaged = Buffer.concat([PACKED.subarray(0, 1_900_000), Buffer.alloc(100_000)]);
		for (const content of [PACKED.subarray(0, 1_900_000), damaged]) {
			const id = await world.mesh.send('X26ABC1', 'X26ABC2', content, asGzip);
			await expect(world.mesh.call({ path: `X26ABC2/inbox/${id}` })).rejects.toMatchObject({ code: 'ECONNRESET' });
			expect(await line('download')).toMatchObject({ status: 200, outcome: 'The gzip content is damaged or incomplete' });
			finished.splice(0);
		}
	});

	it('a client that goes away while content is unpacked for it did give up', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', PACKED, asGzip);
		const { ca, client } = world.sandbox.certificates;
		const headers = { authorization: token('X26ABC2', world.sandbox.clock.now()) };
		const download = request(`${world.sandbox.url}/messageexchange/X26ABC2/inbox/${id}`, { agent: false, ca, cert: client.certificate, key: client.privateKey, headers });
		download.on('error', () => undefined);
		download.once('response', () => download.destroy());
		download.end();
		expect(await line('download')).toMatchObject({ status: 200, outcome: 'the client gave up' });
	});

	it('a cursor that was made up', async () => {
		const { status, json } = await world.mesh.call({ path: `X26ABC2/inbox?continue_from=${'x'.repeat(30)}` });
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('list')).toMatchObject({ status: 500, outcome: 'continue_from was not made by this sandbox' });
	});

	it('tracking in version 3, where the NHS sandbox is followed', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'x');
		world.sandbox.behaviour.answers = 'nhsSandbox';
		const { status, json } = await world.mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}`, headers: { accept: 'application/vnd.mesh.v3+json' } });
		world.sandbox.behaviour.answers = 'specification';
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('track')).toMatchObject({ status: 500, outcome: 'The NHS sandbox fails at tracking in version 3' });
	});
});
