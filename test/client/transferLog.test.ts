import { bufferSource, type MeshLogger } from '../../nodes/Mesh/client';
import { readableDuration, readableRate, readableSize } from '../../nodes/Mesh/client/transferLog';
import { bytesOf, startWorld, type World } from './world';

let world: World;
/** Of the clients: it stands still but for the tests. */
let now: number;
beforeAll(async () => {
	world = await startWorld();
	now = world.sandbox.clock.now();
});
afterEach(async () => await world.reset());
afterAll(async () => await world.close());

const SECOND_MS = 1_000;
const CONTENT = Buffer.from('Jane Doe, 9434765919 '.repeat(500)).subarray(0, 10_000);

/** A client whose log is kept, and a transfer of ten chunks that takes so long for each. */
function watch(mailboxId: string, chunkMs: number) {
	const lines: Array<{ level: 'debug' | 'info' | 'warn'; text: string; details?: Record<string, unknown> }> = [];
	const at = (level: 'debug' | 'info' | 'warn') => (text: string, details?: Record<string, unknown>) =>
		void lines.push({ level, text, details });
	const logger: MeshLogger = { debug: at('debug'), info: at('info'), warn: at('warn') };
	return {
		lines,
		client: world.client(mailboxId, { logger, runtime: { now: () => now } }),
		onChunk: () => void (now += chunkMs),
		at: (level: string) => lines.filter((line) => line.level === level).map(({ text }) => text),
	};
}

async function send(chunkMs: number, options: { compression?: 'always' | 'never' } = {}) {
	const { client, onChunk, ...log } = watch('X26ABC1', chunkMs);
	const { messageId } = await client.send(
		{ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source: bufferSource(CONTENT) },
		{ chunkSize: 1_000, compression: 'never', onChunk, ...options },
	);
	return { messageId, ...log };
}

describe('what a transfer writes into the log', () => {
	test('sending: a line for each chunk at debug level, one for the message at info level, with sizes, time and rate', async () => {
		const { messageId, at, lines } = await send(2 * SECOND_MS);
		expect(at('debug')).toHaveLength(10);
		expect(at('debug').slice(0, 2)).toEqual([
			`Message ${messageId}: chunk 1 of 10 sent, 1.0 kB, 0.0 s`,
			`Message ${messageId}: chunk 2 of 10 sent, 1.0 kB, 2.0 s, 500 bytes/s`,
		]);
		expect(lines[1]?.details).toEqual({ messageId, chunk: 2, chunkCount: 10, bytes: 1_000, transmittedBytes: 1_000, durationMs: 2_000 });
		expect(at('info')).toEqual([`Message ${messageId} sent: 10 chunks, 10 kB, 20 s, 500 bytes/s`]);
	});

	test('compressed: both sizes', async () => {
		const { at } = await send(SECOND_MS, { compression: 'always' });
		expect(at('info')).toEqual([expect.stringMatching(/sent: 10 chunks, 10 kB compressed to (\d+ bytes|\d\.\d kB), 10 s, /)]);
	});

	test('receiving: the same, and the acknowledgement', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['one', 'two'] });
		const { client, onChunk, at } = watch('X26ABC2', 4 * SECOND_MS);
		await bytesOf((await client.download(messageId, { onChunk })).body);
		await client.acknowledge(messageId);
		expect(at('debug')[1]).toMatch(new RegExp(`^Message ${messageId}: chunk 2 of 2 received, 3 bytes.*, 4.0 s`));
		expect(at('info')).toEqual([
			expect.stringMatching(new RegExp(`^Message ${messageId} received: 2 chunks, 6 bytes.*, 8.0 s, 1 bytes/s$`)),
			`Message ${messageId} acknowledged`,
		]);
	});

	test('the handshake at info level, and each listing at debug level', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		const { client, at } = watch('X26ABC2', 0);
		await client.handshake();
		for await (const page of client.listInbox()) expect(page.messageIds).toHaveLength(1);
		expect([at('info'), at('debug')]).toEqual([['Mailbox validated'], ['Inbox listed: 1 waiting']]);
	});

	test('a report is told as one', async () => {
		const messageId = await world.sandbox.putReport({ to: 'X26ABC2' });
		const { client, at } = watch('X26ABC2', 0);
		await bytesOf((await client.download(messageId)).body);
		expect(at('info')).toEqual([`Report ${messageId} received`]);
	});

	test('a long transfer tells how far it is, every 30 seconds and not more often', async () => {
		const { messageId, at } = await send(10 * SECOND_MS);
		expect(at('info').slice(0, -1)).toEqual([
			`Message ${messageId}: 40 % sent, 4.0 kB of 10 kB, 133 bytes/s, about 45 s left`,
			`Message ${messageId}: 70 % sent, 7.0 kB of 10 kB, 117 bytes/s, about 26 s left`,
		]);
	});

	test('so does a download, whose size is not known, by its chunks', async () => {
		world.sandbox.behaviour.plainDownloads = 'asStored'; // and so with a content length
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: Array.from({ length: 5 }, () => CONTENT) });
		const { client, onChunk, at } = watch('X26ABC2', 40 * SECOND_MS);
		await bytesOf((await client.download(messageId, { onChunk })).body);
		const told = at('info').slice(0, -1);
		expect(told.map((text) => /: (\d+) % received, (\d+ kB), /.exec(text)?.slice(1))).toEqual([
			['40', '20 kB'],
			['60', '30 kB'],
			['80', '40 kB'],
		]);
	});

	test('a first chunk that is slow is told too, although the message has no ID yet', async () => {
		const { client, at } = watch('X26ABC1', 0);
		const source = {
			size: 3_000_000,
			async *read() {
				for (let piece = 0; piece < 3; piece++) {
					now += 35 * SECOND_MS;
					yield Buffer.alloc(1_000_000);
				}
			},
		};
		await client.send({ to: 'X26ABC2', workflowId: 'W', source }, { compression: 'never' });
		// Told when the first pieces of 256 KiB of the second and the third megabyte are out.
		expect(at('info').slice(0, 2)).toEqual([
			expect.stringMatching(/^New message: 8 % sent, 262 kB of 3\.0 MB, /),
			expect.stringMatching(/^New message: 42 % sent, 1\.3 MB of 3\.0 MB, /),
		]);
	});

	test('an upload that goes on counts what MESH has already, and judges the time left by what it has sent itself', async () => {
		world.sandbox.arm({ call: 'sendChunk', chunk: 5, fault: { kind: 'status', status: 400 } });
		const { client } = watch('X26ABC1', 0);
		const message = { to: 'X26ABC2', workflowId: 'W', source: bufferSource(CONTENT) };
		const failure = await client
			.send(message, { chunkSize: 1_000, compression: 'never' })
			.catch((error: unknown) => error as { upload: never });
		const { client: second, onChunk, at } = watch('X26ABC1', 40 * SECOND_MS);
		const { messageId } = await second.send(message, { continueFrom: (failure as { upload: never }).upload, onChunk });
		expect(at('info')[0]).toBe(`Message ${messageId}: 60 % sent, 6.0 kB of 10 kB, 50 bytes/s, about 1 min 20 s left`);
		expect(at('info').at(-1)).toMatch(/ sent: 6 chunks, 6\.0 kB, 4 min 0 s/);
	});

	test('nothing of the content, the recipient and the secrets is in any of it', async () => {
		const { lines, messageId } = await send(31 * SECOND_MS, { compression: 'always' });
		const { client, onChunk, lines: received } = watch('X26ABC2', 31 * SECOND_MS);
		await bytesOf((await client.download(messageId, { onChunk })).body);
		const text = JSON.stringify([...lines, ...received]);
		expect(text).toContain(messageId);
		expect(text).not.toMatch(/Jane|9434765919|X26ABC2|TestKey|password|NHSMESH|PRIVATE KEY/);
	});
});

test.each([
	[0, '0 bytes'],
	[999, '999 bytes'],
	[1_234, '1.2 kB'],
	[231_000_000, '231 MB'],
	[20e9, '20 GB'],
	[3.2e15, '3200 TB'],
])('%d bytes read as %s', (bytes, text) => expect(readableSize(bytes)).toBe(text));
test.each([
	[0, '0.0 s'],
	[9_940, '9.9 s'],
	[59_400, '59 s'],
	[1_660_000, '27 min 40 s'],
	[11_100_000, '3 h 5 min'],
])('%d ms read as %s', (ms, text) => expect(readableDuration(ms)).toBe(text));
test('a rate needs some time', () => expect([readableRate(5, 0), readableRate(24e6, 2_000)]).toEqual([undefined, '12 MB/s']));
