import { isMeshError } from '../../nodes/Mesh/client';
import type { MeshClient, MeshError, UploadState } from '../../nodes/Mesh/client';
import { ASKING_PLACES } from './matrix/askingPlaces';
import { content, everythingIn, expectNoSecret } from './matrix/secrets';
import { SENDER, useLane } from './matrix/lane';
import type { Lane } from './matrix/lane';
import { watchLeftovers } from './matrix/leftovers';
import type { Leftovers } from './matrix/leftovers';
import { ruleOf } from './matrix/place';
import type { Place } from './matrix/place';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { continueUpload, expectAtMostOne, letter, LOCAL_ID, SENDING_PLACES } from './matrix/sendingPlaces';

/**
 * Cancelling at every place where a call can be: the servers here never answer and the client's own time limits are a minute,
 * so that a call which ends has ended because of the signal.
 */
const PLACES = [...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES];

let lane: Lane;
useLane((started) => (lane = started));

let leftovers: Leftovers;
beforeAll(() => (leftovers = watchLeftovers()));
afterEach(() => expect(leftovers.unhandled()).toEqual([]));
afterAll(() => leftovers.stop());

/** The request that the fault strikes has come; with `answered`, its answer has begun. */
async function struck({ call, chunk, skip = 0 }: Place, answered: boolean): Promise<void> {
	const hasCome = () => {
		const found = lane.sandbox.requests.filter((request) => request.call === call && (chunk === undefined || request.chunk === chunk));
		return found.length > skip && (!answered || found[skip].status !== undefined);
	};
	while (!hasCome()) await new Promise((resolve) => setImmediate(resolve));
}

const closedConnections = () => lane.sandbox.connections.accepted - lane.sandbox.connections.open;

/** Aborts, and waits until the sandbox has noticed that a connection is gone. */
async function abortAndHangUp(stop: AbortController): Promise<void> {
	const before = closedConnections();
	stop.abort();
	while (closedConnections() === before) await new Promise((resolve) => setTimeout(resolve, 1));
}

function cancelledError(error: unknown): MeshError {
	if (!isMeshError(error)) throw error;
	expect(error.code).toBe('MESH_ABORTED');
	expect(error.temporary ?? false).toBe(false);
	expectNoSecret(everythingIn(error), lane.sandbox);
	return error;
}

/** What the error of a cancelled send must say, so that nobody has to guess what became of the message. */
function expectWhatIsNeeded({ call, chunk }: Place, error: MeshError, mayHaveArrived: boolean): void {
	if (call === 'send') {
		expect(error.localId).toBe(LOCAL_ID);
		expect(error.ambiguous ?? false).toBe(mayHaveArrived);
		if (mayHaveArrived) expect(error.hint).toMatch(/Track it by its local ID local-4711 before sending it again/);
	}
	if (call === 'sendChunk') {
		expect(error.upload).toMatchObject({ localId: LOCAL_ID, nextChunk: chunk, messageId: error.messageId });
		expect(error.message).toMatch(/was cancelled at chunk/);
		expect(error.hint).toMatch(/Continue this upload with the same content/);
	}
}

async function cancel(place: Place, arrange: (stop: AbortController) => void, meanwhile: (stop: AbortController) => Promise<void>) {
	const scene = await place.prepare(lane);
	const stop = new AbortController();
	arrange(stop);
	const client = lane.client(scene.mailboxId);
	const ended = scene.act(client, stop.signal).then(
		() => 'no error',
		(error: unknown) => error,
	);
	await meanwhile(stop);
	const error = cancelledError(await ended);
	const requests = lane.sandbox.requests.length;
	await scene.always(true);
	return { scene, client, error, requests };
}

/** Nothing goes on behind the back of a cancelled call, and with the fault gone it can be done again, or gone on with. */
async function expectOver({ scene, client, error, requests }: Awaited<ReturnType<typeof cancel>>): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
	expect(lane.sandbox.requests).toHaveLength(requests);
	lane.sandbox.clearFaults();
	await scene.recover?.(client, error);
}

describe('cancelling', () => {
	let held = 0;
	afterEach(() => held++);
	afterAll(() =>
		process.stdout.write(`Cancelling: ${PLACES.length} places x up to 4 moments, and in the middle of content being sent, ${held} run\n`),
	);

	describe.each(PLACES.map((place) => ({ place, name: place.name })))('$name', ({ place }) => {
		test('before it begins asks MESH nothing', async () => {
			const scene = await place.prepare(lane);
			cancelledError(await scene.act(lane.client(scene.mailboxId), AbortSignal.abort(new Error('stop'))).catch((error: unknown) => error));
			expect(lane.sandbox.requests).toEqual([]);
		});

		test('while the server is silent ends it and its connection at once', async () => {
			const result = await cancel(
				place,
				() => lane.sandbox.arm({ ...ruleOf(place), times: 9, fault: { kind: 'stall', where: 'beforeAnswer' } }),
				async (stop) => {
					await struck(place, false);
					await abortAndHangUp(stop);
				},
			);
			expectWhatIsNeeded(place, result.error, true);
			await expectOver(result);
		});

		test('in the middle of an answer ends it and its connection at once', async () => {
			const result = await cancel(
				place,
				() => lane.sandbox.arm({ ...ruleOf(place), times: 9, fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 5 } }),
				async (stop) => {
					await struck(place, place.isEmpty !== true);
					await abortAndHangUp(stop);
				},
			);
			expectWhatIsNeeded(place, result.error, true);
			await expectOver(result);
		});

		// Where there is one attempt, there is no pause.
		if (place.tries === 1) return;
		test('in the pause before another attempt makes no further attempt', async () => {
			const result = await cancel(
				place,
				(stop) => {
					lane.sandbox.arm({ ...ruleOf(place), times: 9, fault: { kind: 'status', status: 503 } });
					lane.onPause = () => stop.abort();
				},
				async () => {},
			);
			expect(lane.pauses).toHaveLength(1);
			expectWhatIsNeeded(place, result.error, false);
			await expectOver(result);
		});
	});

	test.each([1, 2, 3])(
		'in the middle of the content of chunk %d of 3 stops reading it, and the upload can go on where it has an ID',
		async (chunk) => {
			const bytes = content(3 * 200_000);
			const stop = new AbortController();
			let stopped = 0;
			const source = {
				size: bytes.length,
				async *read(start: number, end: number) {
					try {
						yield bytes.subarray(start, start + 100_000);
						if (start === (chunk - 1) * 200_000) {
							stop.abort();
							// A store that has become slow: nothing more comes, however long one waits.
							await new Promise((resolve) => stop.signal.addEventListener('never', resolve));
						}
						yield bytes.subarray(start + 100_000, end);
					} finally {
						stopped++;
					}
				},
			};
			const client: MeshClient = lane.client(SENDER);
			const error = cancelledError(
				await client
					.send(letter(bytes, { source }), { chunkSize: 200_000, compression: 'never', signal: stop.signal })
					.catch((reason: unknown) => reason),
			);
			// The chunks before were read to their end; this one waits for bytes that nobody will ask for again.
			expect(stopped).toBe(chunk - 1);
			expect(await expectAtMostOne(lane.sandbox, bytes)).toBe(0);
			if (chunk === 1) expect(error.hint).toMatch(/Track it by its local ID/);
			else await continueUpload(client, lane.sandbox, bytes, error.upload as UploadState);
		},
	);

	test('while tracking is to settle a send of unknown outcome leaves it to the user, who is told the local ID', async () => {
		const stop = new AbortController();
		const bytes = content(80);
		lane.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		lane.onPause = () => stop.abort();
		const error = cancelledError(
			await lane
				.client(SENDER)
				.send(letter(bytes), { signal: stop.signal })
				.catch((reason: unknown) => reason),
		);
		expect(error).toMatchObject({ localId: LOCAL_ID, ambiguous: true });
		expect(error.hint).toMatch(/Track it by its local ID local-4711 before sending it again/);
		expect(lane.sandbox.requests.map(({ call }) => call)).toEqual(['send']);
	});
});
