import { type MeshError, type SendOptions, type SentMessage, type UploadState, isMeshError } from '../../nodes/Mesh/client';
import type { Fault } from '../../sandbox';
import { NO_RECORD } from '../client/world';
import { content, everythingIn, expectNoSecret } from './matrix/secrets';
import { type Lane, RECIPIENT, SENDER, useLane } from './matrix/lane';
import { LOCAL_ID, continueUpload, expectAtMostOne, letter } from './matrix/sendingPlaces';

/**
 * The first request of a message begins and no answer comes: whether MESH has the message, what tracking says about it, in
 * one or several chunks, with and without leave to send again.
 */
interface Story {
	name: string;
	/** Whether MESH took the request that was not answered. */
	taken: boolean;
	/** What tracking by local ID does. */
	tracking(lane: Lane): Promise<void> | void;
	/** What comes of it, with leave to send again and without. */
	result: Result | { withoutLeave: Result; withLeave: Result };
}

type Result = 'found' | 'sent again' | 'unknown' | 'failed in MESH';

const broken: Array<[string, Fault]> = [
	['503', { kind: 'status', status: 503 }],
	['500', { kind: 'status', status: 500 }],
	['403', { kind: 'status', status: 403 }],
	['a reset', { kind: 'resetBeforeProcessing' }],
	['garbage', { kind: 'garbageJson' }],
	['half an answer', { kind: 'truncate', bytes: 9, length: 'kept' }],
];

const fails =
	(fault: Fault, times = 1_000, skip = 0) =>
	({ sandbox }: Lane) =>
		sandbox.arm({ call: 'trackLocal', times, skip, fault });
const onlyWithLeave = { withoutLeave: 'unknown', withLeave: 'sent again' } as const;

const letterOfBefore = async ({ sandbox }: Lane) => {
	const id = await sandbox.putMessage({
		from: SENDER,
		to: 'X26ABC3',
		localId: LOCAL_ID,
		workflowId: 'TEST_WORKFLOW',
		content: 'of before',
	});
	sandbox.clock.advance(600_000);
	return id;
};

const stories: Story[] = [
	{ name: 'tracking has it at once', taken: true, tracking: () => {}, result: 'found' },
	{ name: 'tracking has it only when asked the second time', taken: true, tracking: fails(NO_RECORD, 1), result: 'found' },
	{ name: 'tracking has it only when asked the last time', taken: true, tracking: fails(NO_RECORD, 3), result: 'found' },
	{ name: 'tracking never has it', taken: false, tracking: () => {}, result: onlyWithLeave },
	...broken.flatMap(([what, fault]): Story[] => [
		{ name: `tracking answers with ${what} for good`, taken: true, tracking: fails(fault), result: 'unknown' },
		{ name: `tracking answers with ${what} for good`, taken: false, tracking: fails(fault), result: 'unknown' },
		{ name: `tracking answers with ${what} at first`, taken: true, tracking: fails(fault, 2), result: 'found' },
		{ name: `tracking answers with ${what} at first`, taken: false, tracking: fails(fault, 2), result: onlyWithLeave },
		// The record may have come since: that it was not there some time ago is no leave to send again.
		{ name: `tracking has nothing and then answers with ${what}`, taken: false, tracking: fails(fault, 1_000, 1), result: 'unknown' },
	]),
	{
		name: 'the local ID was used before',
		taken: true,
		async tracking(lane) {
			await letterOfBefore(lane);
		},
		result: 'unknown',
	},
	{
		name: 'the local ID was used before',
		taken: false,
		async tracking(lane) {
			await letterOfBefore(lane);
		},
		result: 'unknown',
	},
	{
		name: 'several have the local ID',
		taken: false,
		result: 'unknown',
		async tracking(lane) {
			await letterOfBefore(lane);
			await letterOfBefore(lane);
		},
	},
];

let lane: Lane;
useLane((started) => (lane = started));

const CHUNK_BYTES = 90;
const requests = (call: string) => lane.sandbox.requests.filter((request) => request.call === call).length;

async function send(bytes: Buffer, options: SendOptions = {}, message = letter(bytes)): Promise<{ sent?: SentMessage; error?: MeshError }> {
	return await lane
		.client(SENDER)
		.send(message, { chunkSize: CHUNK_BYTES, compression: 'never', ...options })
		.then(
			(sent) => ({ sent }),
			(error: unknown) => {
				if (!isMeshError(error)) throw error;
				expectNoSecret(everythingIn(error), lane.sandbox);
				return { error };
			},
		);
}

function expectUnknown(error: MeshError | undefined, localId = LOCAL_ID): void {
	expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', localId, ambiguous: true, temporary: false });
	expect(error?.message).toContain(localId);
	expect(error?.hint).toMatch(/Track.*before sending it again/);
}

const cells = stories.flatMap((story) =>
	[1, 3].flatMap((chunkCount) =>
		[false, true].map((leave) => {
			const result = typeof story.result === 'string' ? story.result : story.result[leave ? 'withLeave' : 'withoutLeave'];
			const title = `${story.name}, MESH ${story.taken ? 'took the request' : 'did not take the request'}, ${chunkCount} chunks, sending again ${leave ? 'allowed' : 'not allowed'}: ${result}`;
			return { ...story, title, chunkCount, leave, result };
		}),
	),
);

describe('a send whose first request was not answered', () => {
	let held = 0;
	afterAll(() => {
		process.stdout.write(
			`Sends of unknown outcome: ${stories.length} stories x 2 sizes x 2 settings, ${cells.length} cells, ${held} held\n`,
		);
	});

	test.each(cells)('$title', async ({ taken, tracking, result, chunkCount, leave }) => {
		const bytes = content(chunkCount * CHUNK_BYTES - 7);
		await tracking(lane);
		lane.sandbox.arm({ call: 'send', fault: { kind: taken ? 'resetAfterProcessing' : 'resetBeforeProcessing' } });
		const begunAt = lane.sandbox.clock.now();
		const { sent, error } = await send(bytes, { sendAgainWhenNoRecord: leave });

		expect(requests('send')).toBe(result === 'sent again' ? 2 : 1);
		const delivered = await expectAtMostOne(lane.sandbox, bytes);
		if (result === 'unknown') {
			expectUnknown(error);
			// Asked for half a minute, unless MESH has said enough.
			if (!/several/.test(error?.message ?? '')) expect(lane.sandbox.clock.now() - begunAt).toBeGreaterThanOrEqual(30_000);
			expect(delivered).toBe(taken && chunkCount === 1 ? 1 : 0);
		} else {
			expect(sent).toMatchObject({ localId: LOCAL_ID, chunkCount, settledByTracking: result === 'found' });
			expect(lane.sandbox.inbox(RECIPIENT)).toEqual([sent?.messageId]);
		}
		held++;
	});
});

describe('a send whose first request was taken and not answered, when meanwhile', () => {
	const bytes = content(CHUNK_BYTES);

	test('the recipient has collected and acknowledged it: that is a success', async () => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.onPause = async () => {
			for (const id of lane.sandbox.inbox(RECIPIENT)) await lane.client(RECIPIENT).acknowledge(id);
		};
		const { sent } = await send(bytes, { sendAgainWhenNoRecord: true });
		expect(sent?.settledByTracking).toBe(true);
		expect(lane.sandbox.messagesTo(RECIPIENT).map(({ status }) => status)).toEqual(['acknowledged']);
		expect(requests('send')).toBe(1);
	});

	test('it has expired: the error says that MESH could not deliver it, and names it', async () => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.onPause = () => lane.sandbox.clock.advance(6 * 24 * 3_600_000);
		const { error } = await send(bytes, { sendAgainWhenNoRecord: true });
		const [{ messageId, status }] = lane.sandbox.messagesTo(RECIPIENT);
		expect(status).toBe('undeliverable');
		expect(error).toMatchObject({ code: 'MESH_STATUS', messageId, localId: LOCAL_ID });
		expect(error?.message).toContain('undeliverable');
		expect(requests('send')).toBe(1);
	});

	test('its record says that it is still being uploaded although it has one chunk: nobody can know', async () => {
		const stuck = JSON.stringify({
			messageId: '20300101000000000000_ABCDEF',
			dtsId: 'x',
			status: 'Uploading',
			localId: LOCAL_ID,
			uploadTimestamp: '20991231235959',
			workflowId: 'TEST_WORKFLOW',
		});
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.sandbox.arm({ call: 'trackLocal', times: 1_000, fault: { kind: 'status', status: 200, body: stuck } });
		const { error } = await send(bytes, { sendAgainWhenNoRecord: true });
		expectUnknown(error);
		expect(requests('send')).toBe(1);
	});
});

describe('the option to send again when MESH has no record', () => {
	const bytes = content(CHUNK_BYTES);

	test('is what its description warns of: a record that comes too late makes two messages', async () => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.sandbox.arm({ call: 'trackLocal', times: 4, fault: NO_RECORD });
		const { sent } = await send(bytes, { sendAgainWhenNoRecord: true });
		expect(sent).toBeDefined();
		expect(lane.sandbox.messagesTo(RECIPIENT).map(({ localId }) => localId)).toEqual([LOCAL_ID, LOCAL_ID]);
	});

	test('when off, the same story makes one message and an error', async () => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.sandbox.arm({ call: 'trackLocal', times: 4, fault: NO_RECORD });
		const { error } = await send(bytes);
		expectUnknown(error);
		expect(lane.sandbox.inbox(RECIPIENT)).toHaveLength(1);
		await expect(lane.client(SENDER).trackByLocalId(LOCAL_ID)).resolves.toMatchObject({ outcome: 'found', record: { status: 'accepted' } });
	});

	test.each<[string, Fault]>([
		['is refused', { kind: 'status', status: 403 }],
		['cannot be made because MESH is overloaded', { kind: 'status', status: 503 }],
		['is lost as well', { kind: 'resetBeforeProcessing' }],
	])('leaves the outcome unknown when the second request %s: the first one may still turn up', async (_what, fault) => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		lane.sandbox.arm({ call: 'send', times: 1_000, fault });
		const { error } = await send(bytes, { sendAgainWhenNoRecord: true });
		expectUnknown(error);
	});

	test('leaves the outcome unknown when there is no connection any more', async () => {
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		lane.onPause = (count) => {
			// Tracking is asked four times; from then on nobody answers.
			if (requests('trackLocal') === 3 && count === 4) lane.sandbox.arm({ fault: { kind: 'refuseConnections', ms: 3_600_000 } });
		};
		lane.sandbox.arm({ call: 'trackLocal', skip: 3, fault: { ...NO_RECORD, headers: { connection: 'close' } } });
		const { error } = await send(bytes, { sendAgainWhenNoRecord: true });
		expectUnknown(error);
		expect(requests('send')).toBe(1);
	});
});

test('a token that MESH has seen before means that the first copy of the request may have been taken: it is not sent again without leave', async () => {
	const bytes = content(CHUNK_BYTES);
	const seen: Fault = {
		kind: 'status',
		status: 403,
		body: JSON.stringify({ detail: [{ event: '', code: '', msg: 'Error Duplicated Authentication Token' }] }),
	};
	lane.sandbox.arm({ call: 'send', fault: seen });
	expectUnknown((await send(bytes)).error);
	expect(requests('send')).toBe(1);
	await lane.fresh();
	lane.sandbox.arm({ call: 'send', fault: seen });
	const { sent } = await send(bytes, { sendAgainWhenNoRecord: true });
	expect(lane.sandbox.inbox(RECIPIENT)).toEqual([sent?.messageId]);
});

test('a local ID that we made ourselves is in the error and in MESH, so that the message can be found', async () => {
	const bytes = content(CHUNK_BYTES);
	lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	lane.sandbox.arm({ call: 'trackLocal', times: 4, fault: NO_RECORD });
	const { error } = await send(bytes, {}, letter(bytes, { localId: undefined }));
	expect(error?.localId).toMatch(/^[0-9a-f-]{36}$/);
	expectUnknown(error, error?.localId);
	expect(lane.sandbox.messagesTo(RECIPIENT).map(({ localId }) => localId)).toEqual([error?.localId]);
});

/** The last chunk completes a message: when its answer is lost, the next try is answered with 423, "already complete". */
describe.each(['always', 'never'] as const)('the last chunk, compression %s', (compression) => {
	const bytes = content(250);
	const arm = (call: 'sendChunk' | 'track', fault: Fault, times = 1) =>
		lane.sandbox.arm({ call, times, fault, ...(call === 'sendChunk' ? { chunk: 3 } : {}) });
	const statuses = () => lane.sandbox.requests.filter(({ call, chunk }) => call === 'sendChunk' && chunk === 3).map(({ status }) => status);

	test('taken, its answer lost, and the next try answered with 423: tracking says that the message is complete', async () => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		const { sent } = await send(bytes, { compression });
		expect(sent?.settledByTracking).toBe(true);
		expect(statuses()).toEqual([undefined, 423]);
		expect(await expectAtMostOne(lane.sandbox, bytes)).toBe(1);
	});

	test.each<[string, Fault]>([
		['503', { kind: 'status', status: 503 }],
		['a reset', { kind: 'resetBeforeProcessing' }],
		['garbage', { kind: 'garbageJson' }],
	])('taken, answered with 423, and tracking answers with %s at first: it is asked again', async (_what, fault) => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		arm('track', fault, 2);
		expect((await send(bytes, { compression })).sent?.settledByTracking).toBe(true);
		expect(await expectAtMostOne(lane.sandbox, bytes)).toBe(1);
	});

	test.each<[string, Fault]>([
		['503', { kind: 'status', status: 503 }],
		['403', { kind: 'status', status: 403 }],
		['a reset', { kind: 'resetBeforeProcessing' }],
	])(
		'taken, answered with 423, and tracking answers with %s for good: an error from which Continue Upload finds the message complete',
		async (_what, fault) => {
			arm('sendChunk', { kind: 'resetAfterProcessing' });
			arm('track', fault, 1_000);
			const { error } = await send(bytes, { compression });
			expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', upload: { nextChunk: 3 } });
			lane.sandbox.clearFaults();
			await continueUpload(lane.client(SENDER), lane.sandbox, bytes, error?.upload as UploadState);
		},
	);

	test('taken, and collected and acknowledged before anybody asks: a success', async () => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		lane.onPause = async () => {
			for (const id of lane.sandbox.inbox(RECIPIENT)) await lane.client(RECIPIENT).acknowledge(id);
		};
		expect((await send(bytes, { compression })).sent?.settledByTracking).toBe(true);
		expect(lane.sandbox.messagesTo(RECIPIENT).map(({ status }) => status)).toEqual(['acknowledged']);
	});

	test('taken, and expired before anybody asks: the error says that MESH could not deliver the message', async () => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		lane.onPause = () => lane.sandbox.clock.advance(6 * 24 * 3_600_000);
		const { error } = await send(bytes, { compression });
		expect(error?.message).toMatch(/could not deliver the message.*undeliverable/);
		expect(error?.messageId).toBe(lane.sandbox.messagesTo(RECIPIENT)[0].messageId);
	});

	test('not taken, and answered with 423 all the same: tracking does not show it as complete, so it is no success', async () => {
		arm('sendChunk', { kind: 'status', status: 423 });
		const { error } = await send(bytes, { compression });
		expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', httpStatus: 423, upload: { nextChunk: 3 } });
		expect(await expectAtMostOne(lane.sandbox, bytes)).toBe(0);
		await continueUpload(lane.client(SENDER), lane.sandbox, bytes, error?.upload as UploadState);
	});
});
