import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMeshError } from '../../nodes/Mesh/client';
import type { MeshError, SentMessage, UploadState } from '../../nodes/Mesh/client';
import type { Fault } from '../../sandbox';
import { content } from './matrix/content';
import { RECIPIENT, SENDER, startLane } from './matrix/lane';
import type { Lane } from './matrix/lane';
import { continueUpload, expectAtMostOne, letter } from './matrix/sendingPlaces';

/** The last chunk completes a message: when its answer is lost, the next try is answered with 423, "already complete". */
let folder: string;
let lane: Lane;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mesh-last-chunk-'));
	lane = await startLane(folder);
});
beforeEach(async () => await lane.fresh());
afterEach(async () => await lane.hangUp());
afterAll(async () => {
	await lane.close();
	await rm(folder, { recursive: true, force: true });
});

const bytes = content(250);
const arm = (call: 'sendChunk' | 'track', fault: Fault, times = 1) =>
	lane.sandbox.arm({ call, times, fault, ...(call === 'sendChunk' ? { chunk: 3 } : {}) });
const statuses = () => lane.sandbox.requests.filter(({ call, chunk }) => call === 'sendChunk' && chunk === 3).map(({ status }) => status);

async function send(compression: 'always' | 'never'): Promise<{ sent?: SentMessage; error?: MeshError }> {
	return await lane
		.client(SENDER)
		.send(letter(bytes), { chunkSize: 90, compression })
		.then(
			(sent) => ({ sent }),
			(error: unknown) => {
				if (!isMeshError(error)) throw error;
				return { error };
			},
		);
}

describe.each(['always', 'never'] as const)('the last chunk, compression %s', (compression) => {
	test('taken, its answer lost, and the next try answered with 423: tracking says that the message is complete', async () => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		const { sent } = await send(compression);
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
		expect((await send(compression)).sent?.settledByTracking).toBe(true);
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
			const { error } = await send(compression);
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
		expect((await send(compression)).sent?.settledByTracking).toBe(true);
		expect(lane.sandbox.messagesTo(RECIPIENT).map(({ status }) => status)).toEqual(['acknowledged']);
	});

	test('taken, and expired before anybody asks: the error says that MESH could not deliver the message', async () => {
		arm('sendChunk', { kind: 'resetAfterProcessing' });
		lane.onPause = () => lane.sandbox.clock.advance(6 * 24 * 3_600_000);
		const { error } = await send(compression);
		expect(error?.message).toMatch(/could not deliver the message.*undeliverable/);
		expect(error?.messageId).toBe(lane.sandbox.messagesTo(RECIPIENT)[0].messageId);
	});

	test('not taken, and answered with 423 all the same: tracking does not show it as complete, so it is no success', async () => {
		arm('sendChunk', { kind: 'status', status: 423 });
		const { error } = await send(compression);
		expect(error).toMatchObject({ code: 'MESH_UPLOAD_INTERRUPTED', httpStatus: 423, upload: { nextChunk: 3 } });
		expect(await expectAtMostOne(lane.sandbox, bytes)).toBe(0);
		await continueUpload(lane.client(SENDER), lane.sandbox, bytes, error?.upload as UploadState);
	});
});
