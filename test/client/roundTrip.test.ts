import { createHash, randomBytes } from 'node:crypto';
import { bufferSource } from '../../nodes/Mesh/client';
import type { ChunkProgress, MeshClient, OutgoingMessage, SendOptions } from '../../nodes/Mesh/client';
import { bytesOf, failureOf, useWorld } from './world';
import type { World } from './world';

let world: World;
let sender: MeshClient;
let recipient: MeshClient;
useWorld((started) => {
	world = started;
	sender = started.client('X26ABC1');
	recipient = started.client('X26ABC2');
});
beforeEach(() => {
	world.sandbox.behaviour.plainDownloads = 'packed';
});

const text = (size: number) => Buffer.from('ID,Name,Result\n'.repeat(Math.ceil(size / 15))).subarray(0, size);
const message = (content: Buffer, changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
	to: 'X26ABC2',
	workflowId: 'WF',
	source: bufferSource(content),
	...changes,
});

async function roundTrip(content: Buffer, options: SendOptions) {
	const sent = await sender.send(message(content), options);
	const incoming = await recipient.download(sent.messageId);
	const received = await bytesOf(incoming.body);
	expect(received.equals(content)).toBe(true);
	expect(incoming.received).toMatchObject({ bytes: content.length, chunkCount: sent.chunkCount });
	expect(incoming.headers.chunkCount).toBe(sent.chunkCount);
	await recipient.acknowledge(sent.messageId);
	expect(world.sandbox.inbox('X26ABC2')).toEqual([]);
	return { sent, incoming };
}

describe.each(['never', 'always'] as const)('a message whose chunks are compressed %s', (compression) => {
	const chunkSize = 7;
	test.each([1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 30 * chunkSize + 1])(
		'of %d bytes in chunks of 7 arrives as it was sent',
		async (size) => {
			const { sent } = await roundTrip(text(size), { chunkSize, compression });
			expect(sent).toMatchObject({
				bytes: size,
				chunkCount: Math.ceil(size / chunkSize),
				chunkSize,
				compressed: compression === 'always',
				settledByTracking: false,
			});
		},
	);

	test('of several megabytes arrives as it was sent', async () => {
		const { sent } = await roundTrip(text(7_000_000), { chunkSize: 2_000_000, compression });
		expect(sent.transmittedBytes < sent.bytes).toBe(compression === 'always');
	});

	test('of random bytes arrives as it was sent', async () => {
		await roundTrip(randomBytes(3_000_000), { chunkSize: 1_000_001, compression });
	});

	test('is received as well when the server does not compress on the way', async () => {
		world.sandbox.behaviour.plainDownloads = 'asStored';
		const { incoming } = await roundTrip(text(40), { chunkSize, compression });
		expect(incoming.headers.chunkCount).toBe(6);
	});
});

test.each([1, 3])('each request of a message of %d chunks says who sends it, as assurance demands', async (chunks) => {
	world.sandbox.behaviour.controlHeaders = 'fromRequired';
	await sender.send(message(text(10 * chunks)), { chunkSize: 10, compression: 'never' });
	expect(world.sandbox.requests.map(({ headers }) => [headers['mex-from'], headers['mex-chunk-range']])).toEqual(
		Array.from({ length: chunks }, (_, at) => ['X26ABC1', `${at + 1}:${chunks}`]),
	);
	world.sandbox.behaviour.controlHeaders = 'ignored';
});

test('the size is known beforehand where one chunk comes plain', async () => {
	world.sandbox.behaviour.plainDownloads = 'asStored';
	expect((await roundTrip(text(1_000), { compression: 'never' })).incoming.size).toBe(1_000);
	expect((await roundTrip(text(1_000), { compression: 'never', chunkSize: 600 })).incoming.size).toBeUndefined();
});

test('all that is said about a message comes out at the other end', async () => {
	const said = {
		subject: 'S',
		localId: 'my-id',
		fileName: 'f.csv',
		contentType: 'text/csv',
		checksum: 'ab12',
		partnerId: 'P',
		contentEncrypted: true,
		contentCompressed: true,
	};
	const sent = await sender.send(message(text(100), said), { compression: 'never', chunkSize: 60 });
	expect(sent.localId).toBe('my-id');
	const incoming = await recipient.download(sent.messageId);
	expect(incoming.headers).toMatchObject({
		...said,
		messageId: sent.messageId,
		from: 'X26ABC1',
		to: 'X26ABC2',
		workflowId: 'WF',
		messageType: 'DATA',
	});
	await incoming.discard();
});

test('a message gets a local ID of its own when none is given, for tracking to find it by', async () => {
	const one = await sender.send(message(text(10)));
	const two = await sender.send(message(text(10)));
	expect(one.localId).toMatch(/^[0-9a-f-]{36}$/);
	expect(one.localId).not.toBe(two.localId);
	expect(await sender.trackByLocalId(two.localId)).toMatchObject({
		outcome: 'found',
		record: { messageId: two.messageId, status: 'accepted' },
	});
	expect(await sender.track(one.messageId)).toMatchObject({
		messageId: one.messageId,
		localId: one.localId,
		status: 'accepted',
		recipient: 'X26ABC2',
	});
});

test('tracking by local ID says whether there is none or more than one', async () => {
	expect(await sender.trackByLocalId('nobody has this')).toEqual({ outcome: 'none' });
	await sender.send(message(text(10), { localId: 'twice' }));
	await sender.send(message(text(10), { localId: 'twice' }));
	expect(await sender.trackByLocalId('twice')).toEqual({ outcome: 'several' });
});

test('a digest made before sending can be checked by the recipient', async () => {
	const content = text(5_000);
	const checksum = createHash('sha256').update(content).digest('hex');
	const sent = await sender.send(message(content, { checksum }));
	const incoming = await recipient.download(sent.messageId);
	expect(
		createHash('sha256')
			.update(await bytesOf(incoming.body))
			.digest('hex'),
	).toBe(incoming.headers.checksum);
});

test('progress is told chunk by chunk, in both directions', async () => {
	const up: ChunkProgress[] = [];
	const down: ChunkProgress[] = [];
	const { messageId } = await sender.send(message(text(25)), {
		chunkSize: 10,
		compression: 'never',
		onChunk: (progress) => up.push(progress),
	});
	await bytesOf((await recipient.download(messageId, { onChunk: (progress) => down.push(progress) })).body);
	expect(up).toEqual([10, 20, 25].map((bytes, at) => ({ messageId, chunk: at + 1, chunkCount: 3, bytes, transmittedBytes: bytes })));
	expect(down.map(({ chunk, bytes }) => [chunk, bytes])).toEqual([
		[1, 10],
		[2, 20],
		[3, 25],
	]);
});

test('compression is left out where it would not help', async () => {
	expect((await sender.send(message(randomBytes(50_000)))).compressed).toBe(false);
	expect((await sender.send(message(text(50_000)))).compressed).toBe(true);
	expect((await sender.send(message(text(50_000), { contentType: 'image/png' }))).compressed).toBe(false);
});

test('a report comes as its headers, with no content', async () => {
	const id = await world.sandbox.putReport({
		to: 'X26ABC2',
		linkedMessageId: 'FAILED1',
		workflowId: 'WF',
		code: '14',
		description: 'Message not collected',
	});
	const { headers, body } = await recipient.download(id);
	expect(headers).toMatchObject({ messageType: 'REPORT', linkedMessageId: 'FAILED1', statusSuccess: false, chunkCount: 0 });
	expect(await bytesOf(body)).toHaveLength(0);
});

test('a message that is gone is told by MESH with its reason', async () => {
	const { messageId } = await sender.send(message(text(10)));
	await recipient.acknowledge(messageId);
	expect(await failureOf(recipient.download(messageId))).toMatchObject({ code: 'MESH_STATUS', httpStatus: 410, messageId });
	expect(await failureOf(recipient.download('NOPE'))).toMatchObject({
		code: 'MESH_STATUS',
		httpStatus: 404,
		meshEvent: 'RECEIVE',
		meshCode: '20',
	});
});

describe('what cannot be sent is refused before any request', () => {
	test.each<[string, () => Promise<unknown>, string]>([
		['an empty message', async () => await sender.send(message(Buffer.alloc(0))), 'source'],
		['no recipient', async () => await sender.send(message(text(5), { to: '' })), 'to'],
		['no workflow', async () => await sender.send(message(text(5), { workflowId: ' ' })), 'workflowId'],
		['a line break in the subject', async () => await sender.send(message(text(5), { subject: 'a\r\nmex-to: X26ABC3' })), 'subject'],
		['a base64 checksum', async () => await sender.send(message(text(5), { checksum: 'a+b=' })), 'checksum'],
		['a compression level of 10', async () => await sender.send(message(text(5)), { compressionLevel: 10 }), 'compressionLevel'],
		['chunks of nothing', async () => await sender.send(message(text(5)), { chunkSize: 0 }), 'chunkSize'],
	])('%s', async (_what, send, parameter) => {
		expect(await failureOf(send())).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
		expect(world.calls()).toEqual([]);
	});
});

test('a recipient that MESH does not know is told with the ID that the report will be about', async () => {
	const error = await failureOf(sender.send(message(text(5), { to: 'GPPROVIDER_9434765919_19550109_Smith' })));
	expect(error).toMatchObject({
		code: 'MESH_STATUS',
		httpStatus: 417,
		meshCode: '12',
		messageId: expect.any(String),
		localId: expect.any(String),
	});
	expect(JSON.stringify([error, error.message, error.stack, world.log])).not.toMatch(/9434765919|Smith/);
	expect(world.sandbox.inbox('X26ABC1')).toHaveLength(1);
});

test('a log of everything holds no secret and no content', async () => {
	await roundTrip(text(50), { chunkSize: 20 });
	world.sandbox.arm({ call: 'count', fault: { kind: 'emptyForbidden' } });
	await failureOf(sender.countMessages());
	expect(world.log.length).toBeGreaterThan(3);
	expect(world.log.join('\n')).not.toMatch(/password|TestKey|NHSMESH|ID,Name|PRIVATE/);
});
