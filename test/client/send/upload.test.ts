import fc from 'fast-check';
import { Readable } from 'node:stream';
import { bufferSource, streamSource } from '../../../nodes/Mesh/client';
import type { MeshClient, SendOptions, UploadState } from '../../../nodes/Mesh/client';
import type { Fault } from '../../../sandbox';
import { chunkBounds, continuedPlan, planChunks } from '../../../nodes/Mesh/client/send/chunkPlan';
import { failureOf, useWorld, thrownBy } from '../world';
import type { World } from '../world';
import { cases } from '../../support/cases';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.impatientClient('X26ABC1');
});

const content = Buffer.from(Array.from({ length: 60 }, (_, at) => `line ${at}\n`).join(''));
const source = bufferSource(content);
const send = async (options: SendOptions = {}, from = source) =>
	await client.send({ to: 'X26ABC2', workflowId: 'WF', source: from }, { compression: 'never', chunkSize: 100, ...options });

const passing: Array<[string, Fault]> = [
	['a reset before anything was done', { kind: 'resetBeforeProcessing' }],
	['a reset after it was done', { kind: 'resetAfterProcessing' }],
	['a reset in the middle of the content', { kind: 'resetInRequestBody', afterBytes: 20 }],
	['no answer', { kind: 'stall', where: 'beforeAnswer' }],
	['a late answer', { kind: 'lateAnswer', ms: 600_000 }],
	['429', { kind: 'status', status: 429 }],
	['502', { kind: 'status', status: 502 }],
	['503', { kind: 'status', status: 503 }],
	['504', { kind: 'status', status: 504 }],
];

describe.each([
	['a middle', 3],
	['the last', 5],
])('on %s chunk', (_which, chunk) => {
	test.each(passing)('%s is overcome: the chunk is read again and sent again', async (_what, fault) => {
		world.sandbox.arm({ call: 'sendChunk', chunk, fault });
		expect(await send()).toMatchObject({ chunkCount: 5 });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
	});

	test.each(passing)('%s is overcome with compressed chunks too', async (_what, fault) => {
		world.sandbox.arm({ call: 'sendChunk', chunk, fault });
		expect(await send({ compression: 'always' })).toMatchObject({ chunkCount: 5 });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
	});

	test('a fault that stays ends in an error with all that it takes to go on, and going on completes the message', async () => {
		world.sandbox.arm({ call: 'sendChunk', chunk, times: 100, fault: { kind: 'resetBeforeProcessing' } });
		const error = await failureOf(send());
		const [{ messageId }] = world.sandbox.messagesTo('X26ABC2');
		expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', messageId, temporary: true, networkCode: 'ECONNRESET' });
		expect(error.upload).toEqual({
			messageId,
			localId: error.localId,
			nextChunk: chunk,
			chunkCount: 5,
			chunkSize: 100,
			compressed: false,
			size: content.length,
			contentDigest: expect.stringMatching(/^\d+:[\w-]{22}$/),
			addressDigest: expect.stringMatching(/^[\w-]{22}$/),
		});
		expect(await world.contents('X26ABC2')).toEqual([]);

		world.sandbox.clearFaults();
		const sent = await send({ continueFrom: error.upload, chunkSize: 7 });
		expect(sent).toMatchObject({ messageId, localId: error.localId, chunkSize: 100, settledByTracking: false });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
	});
});

test('a last chunk whose answer was lost for good is settled by tracking', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 5, times: 4, fault: { kind: 'resetAfterProcessing' } });
	expect(await send()).toMatchObject({ settledByTracking: true });
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
	expect(world.calls().slice(-3)).toEqual(['sendChunk 5', 'sendChunk 5', 'track']);
});

test('a retried last chunk that is answered with 423 is settled by tracking', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 5, fault: { kind: 'resetAfterProcessing' } });
	expect(await send()).toMatchObject({ settledByTracking: true, chunkCount: 5, bytes: content.length });
	expect(world.calls().slice(-3)).toEqual(['sendChunk 5', 'sendChunk 5', 'track']);
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
});

/** The state of an upload that broke off at a chunk; the faults are cleared. */
async function interruptedAt(chunk: number): Promise<UploadState> {
	world.sandbox.arm({ call: 'sendChunk', chunk, fault: { kind: 'status', status: 400 } });
	const { upload } = await failureOf(send());
	if (upload === undefined) throw new Error('The error has no upload state');
	return upload;
}

test('going on with an upload that was complete after all is a success, not a second message', async () => {
	const state = await interruptedAt(4);
	const { messageId } = await send({ continueFrom: state });
	expect(await send({ continueFrom: state })).toMatchObject({ messageId, settledByTracking: true });
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
});

test('a 423 in the middle of an upload is no success, as chunks would be missing', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: { kind: 'status', status: 423 } });
	expect(await failureOf(send())).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', httpStatus: 423, upload: { nextChunk: 3 } });
});

test.each([400, 403, 404, 406, 417, 500])('a chunk refused with %d is not sent again, but the upload can go on', async (status) => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status } });
	const error = await failureOf(send());
	expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', httpStatus: status, upload: { nextChunk: 2 } });
	expect(world.calls()).toEqual(['send 1', 'sendChunk 2']);
	await send({ continueFrom: error.upload });
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
});

test('going on with an upload that MESH has forgotten is told as MESH tells it', async () => {
	const state = { ...(await interruptedAt(2)), messageId: 'FORGOTTEN' };
	expect(await failureOf(send({ continueFrom: state }))).toMatchObject({
		code: 'MESH_UPLOAD_INTERRUPTED',
		httpStatus: 404,
		messageId: 'FORGOTTEN',
	});
});

describe('going on is refused before a byte goes out', () => {
	const other = (at: number) => bufferSource(Buffer.from(content.map((byte, index) => (index === at ? byte ^ 1 : byte))));
	test.each<[string, (state: UploadState) => Promise<unknown>, RegExp]>([
		[
			'with content of another size',
			async (continueFrom) => await send({ continueFrom }, bufferSource(Buffer.alloc(content.length + 1))),
			/bytes/,
		],
		[
			'with one other byte in what MESH has',
			async (continueFrom) => await send({ continueFrom }, other(5)),
			/content is not that of the interrupted upload/,
		],
		[
			'with one other byte in what MESH does not have yet',
			async (continueFrom) => await send({ continueFrom }, other(content.length - 1)),
			/content is not that of the interrupted upload/,
		],
		[
			'to another recipient',
			async (continueFrom) => await client.send({ to: 'X26ABC3', workflowId: 'WF', source }, { continueFrom }),
			/recipient/,
		],
		[
			'under another workflow ID',
			async (continueFrom) => await client.send({ to: 'X26ABC2', workflowId: 'OTHER', source }, { continueFrom }),
			/workflow ID/,
		],
		[
			'from another mailbox',
			async (continueFrom) => await world.client('X26ABC3').send({ to: 'X26ABC2', workflowId: 'WF', source }, { continueFrom }),
			/mailbox/,
		],
		[
			'with a state that does not tell which content it is of',
			async (state) => await send({ continueFrom: { ...state, contentDigest: undefined } }),
			/digest/,
		],
		[
			'with a state that does not tell which recipient it is for',
			async (state) => await send({ continueFrom: { ...state, addressDigest: undefined } }),
			/digest/,
		],
	])('%s', async (_what, goOn, message) => {
		const state = await interruptedAt(3);
		const before = world.calls();
		const error = await failureOf(goOn(state));
		expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'continueFrom' });
		expect(error.message).toMatch(message);
		expect(world.calls()).toEqual(before);
	});

	test('and its digests hold nothing of content and recipient that could be found out by trying', () => {
		const [one, two] = ['TestKey', 'OtherKey'].map((sharedKey) =>
			world.client('X26ABC1', { sharedKey }).addressDigest({ to: 'X26ABC2', workflowId: 'WF' }),
		);
		expect(one).not.toBe(two);
	});
});

test('what cannot be read any more is compared by the part that MESH has', async () => {
	let broken = false;
	const failing = {
		size: content.length,
		async *read(start: number, end: number) {
			broken ||= start === 200;
			yield content.subarray(start, broken ? Math.min(end, 250) : end);
			if (broken && end > 250) throw Object.assign(new Error('gone'), { code: 'EIO' });
		},
	};
	const { upload } = await failureOf(send({}, failing));
	expect(upload).toMatchObject({ nextChunk: 3, contentDigest: expect.stringMatching(/^2\d\d:/) });
	expect(await failureOf(send({ continueFrom: upload }, bufferSource(Buffer.from(content).fill('x', 0, 1))))).toMatchObject({
		code: 'MESH_INVALID_INPUT',
	});
	await send({ continueFrom: upload });
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
});

test('a stream is opened once for a message without faults, and once more for each chunk sent again', async () => {
	const large = Buffer.from(Array.from({ length: 30_000 }, (_, at) => `line ${at}\n`).join(''));
	let opened = 0;
	const stream = streamSource(() => {
		opened++;
		return Readable.from([large.subarray(0, 100_000), large.subarray(100_000)]);
	}, large.length);
	await send({ compression: 'auto', chunkSize: 100_000 }, stream);
	expect(opened).toBe(1);
	world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: { kind: 'resetBeforeProcessing' } });
	const { messageId } = await send({ chunkSize: 100_000 }, stream);
	expect(opened).toBe(3);
	expect((await world.sandbox.content(messageId)).equals(large)).toBe(true);
	stream.close();
});

test('a source that fails in a later chunk leaves an upload that can go on', async () => {
	const failing = {
		size: content.length,
		async *read(start: number, end: number) {
			if (start === 200) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
			yield content.subarray(start, end);
		},
	};
	const error = await failureOf(send({}, failing));
	expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', parameter: 'source', networkCode: 'ENOENT', upload: { nextChunk: 3 } });
	await send({ continueFrom: error.upload });
	expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
});

test('all chunks of a message say the same content encoding, as MESH demands', async () => {
	await send({ compression: 'always' });
	expect(new Set(world.sandbox.requests.map(({ headers }) => headers['content-encoding']))).toEqual(new Set(['gzip']));
	expect(world.sandbox.requests.map(({ headers }) => headers['mex-chunk-range'])).toEqual(['1:5', '2:5', '3:5', '4:5', '5:5']);
});

describe('cutting a message into chunks', () => {
	test.each([
		[1, 10, 1],
		[9, 10, 1],
		[10, 10, 1],
		[11, 10, 2],
		[20, 10, 2],
		[100_000_000_000, undefined, 4_769],
	])('%d bytes in chunks of %s make %d', (size, chunkSize, chunkCount) => {
		expect(planChunks(size, false, { chunkSize }).chunkCount).toBe(chunkCount);
	});

	test('covers every byte once and in order, whatever the sizes', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 1, max: 10_000 }), (chunkSize, chunks) => {
				const size = Math.min(100_000_000_000, Math.max(1, chunkSize * chunks - 1));
				const plan = planChunks(size, false, { chunkSize });
				const { chunkCount } = plan;
				const first = chunkBounds(plan, 1);
				const last = chunkBounds(plan, chunkCount);
				const middle = Math.ceil(chunkCount / 2);
				return (
					first.start === 0 &&
					last.end === size &&
					last.end > last.start &&
					(chunkCount === 1 || chunkBounds(plan, middle).end === chunkBounds(plan, middle + 1).start)
				);
			}),
			{ numRuns: cases(2_000) },
		);
	});

	test('leaves room in compressed chunks, because gzip makes random bytes longer than the 100 MB of a request', () => {
		expect(planChunks(200_000_000, false, { chunkSize: 99_999_999 }).chunkSize).toBe(99_999_999);
		expect(planChunks(200_000_000, true, { chunkSize: 99_999_999 }).chunkSize).toBe(99_900_000);
	});

	test.each([
		['nothing to send', 0, 10, 'source', /empty/],
		['an unknown size', NaN, 10, 'source', /not known/],
		['more than 100 GB', 100_000_000_001, undefined, 'source', /100 GB/],
		['a chunk size of nothing', 10, 0, 'chunkSize', /from 1 to 99,999,999/],
		['half a byte', 10, 1.5, 'chunkSize', /whole number/],
		['a chunk larger than a request', 10, 100_000_000, 'chunkSize', /99,999,999/],
		['more chunks than MESH takes', 10_001, 1, 'chunkSize', /10000 is the most/],
	])('refuses %s', (_what, size, chunkSize, parameter, message) => {
		const error = thrownBy(() => planChunks(size, false, { chunkSize }));
		expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
		expect(error.message).toMatch(message);
	});
});

describe('the plan of an upload that goes on', () => {
	const state: UploadState = { messageId: 'ID1', localId: 'L', nextChunk: 2, chunkCount: 3, chunkSize: 10, compressed: true, size: 25 };

	test('an interrupted upload goes on as it was cut and compressed', () => {
		expect(continuedPlan(25, state)).toEqual({ size: 25, chunkSize: 10, chunkCount: 3, compressed: true });
	});

	test('another content than the one that was begun is refused, because the receiver would get a mixture', () => {
		const error = thrownBy(() => continuedPlan(26, state));
		expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'continueFrom' });
		expect(error.message).toMatch(/26 bytes.*25/);
	});

	test.each<[string, Partial<UploadState>]>([
		['a chunk that MESH must have already', { nextChunk: 1 }],
		['a chunk behind the last', { nextChunk: 4 }],
		['half a chunk', { nextChunk: 2.5 }],
		['a wrong count', { chunkCount: 4 }],
		['a chunk size of nothing', { chunkSize: 0 }],
		['no message ID', { messageId: '' }],
		['a message ID that is none', { messageId: 'a b' }],
		['text for a flag', { compressed: 'yes' as unknown as boolean }],
	])('%s is refused, as the state may have been typed by hand', (_what, change) => {
		expect(thrownBy(() => continuedPlan(25, { ...state, ...change }))).toMatchObject({
			code: 'MESH_INVALID_INPUT',
			parameter: 'continueFrom',
		});
	});
});
