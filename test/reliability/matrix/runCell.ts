import { isMeshError } from '../../../nodes/Mesh/client';
import type { MeshClientOptions, SentMessage } from '../../../nodes/Mesh/client';
import { everythingIn, expectNoSecret } from './everythingIn';
import type { Cell, Expectation } from './expectation';
import { expectUseful } from './expectUseful';
import type { Lane } from './lane';
import type { Leftovers } from './leftovers';
import { ruleOf } from './place';

/** Real time that a client waits for a server that stays silent. Long enough for a busy machine, as the cells run side by side. */
const SHORT_MS = 700;
/** The upper bound of the client's first pause; with the lane's jitter the pause is half of it. */
const BASE_DELAY_MS = 500;

/** Plays one cell; throws what does not hold. */
export async function runCell(cell: Cell, expected: Expectation, lane: Lane, leftovers: Leftovers): Promise<void> {
	await lane.fresh();
	const { sandbox } = lane;
	const scene = await cell.place.prepare(lane);
	armFault(cell, lane);
	const client = lane.client(scene.mailboxId, timeoutsFor(cell));
	const result = await scene.act(client).then((value) => ({ value }), (error: unknown) => ({ error }));
	sandbox.clearFaults();
	const requests = countRequests(cell, lane) - ('value' in result ? (cell.place.follow ?? 0) : 0);

	if ('error' in result) {
		if (expected.outcome === 'works') throw unexpected(result.error);
		expectUseful(result.error, cell, expected);
		expectNoSecret(everythingIn(result.error), sandbox);
	} else {
		expect('works').toBe(expected.outcome);
		if (cell.kind.status === undefined || cell.kind.nature !== 'final') await scene.check(result.value);
		if (expected.settled !== undefined) expect((result.value as SentMessage).settledByTracking).toBe(expected.settled);
	}
	if (expected.requests !== undefined) expectRequests(requests, expected.requests, cell);
	expectPauses(cell, lane);
	await scene.always('error' in result);
	// The impatient client may find an answer late that is only slow.
	if ('error' in result) await scene.recover?.(isSilent(cell) ? lane.client(scene.mailboxId) : client, result.error);
	expectNoSecret(lane.logged.join('\n'), sandbox);
	await lane.hangUp();
	expect(leftovers.unhandled()).toEqual([]);
	expect(await leftovers.files()).toEqual([]);
}

function armFault({ place, kind, lasting }: Cell, { sandbox }: Lane): void {
	const { chunk = 1, chunkCount = 1 } = place;
	const fault = kind.fault({ chunk, chunkCount, now: sandbox.clock.now() });
	const times = lasting ? 1_000 : 1;
	if (fault.kind !== 'refuseConnections') {
		sandbox.arm({ ...ruleOf(place), times, fault });
	} else if (place.isLater) {
		// The connection that is there is lost, and the next ones are refused.
		sandbox.arm({ ...ruleOf(place), fault: { kind: 'resetBeforeProcessing' } });
		sandbox.arm({ skip: 1, times, fault });
	} else {
		sandbox.arm({ times, fault });
	}
}

function timeoutsFor(cell: Cell): Partial<MeshClientOptions> {
	return isSilent(cell) ? { timeouts: { responseMs: SHORT_MS, stallMs: SHORT_MS } } : {};
}

function isSilent({ kind }: Cell): boolean {
	return ['stalledRequest', 'lateAnswer', 'stalledAnswer'].includes(kind.nature);
}

/** A client that loses patience early may, on a busy machine, ask once more than the fault alone would make it; a send never. */
function expectRequests(requests: number, expected: number, cell: Cell): void {
	if (isSilent(cell) && cell.place.call !== 'send') expect(requests).toBeGreaterThanOrEqual(expected);
	else expect(requests).toBe(expected);
}

function countRequests({ place: { call, chunk, skip = 0 } }: Cell, { sandbox }: Lane): number {
	return sandbox.requests.filter((request) => request.call === call && (chunk === undefined || request.chunk === chunk)).length - skip;
}

/** A server that names a time is not asked before it, nor much after it. */
function expectPauses({ kind: { retryAfterMs, name }, place }: Cell, { pauses }: Lane): void {
	if (retryAfterMs === undefined || pauses.length === 0 || (place.repeat !== 'read' && !/425|429|503/.test(name))) return;
	// What is left until a date depends on how long the answer took; without the header the pause would be far shorter.
	expect(pauses[0]).toBeGreaterThan(retryAfterMs / 2);
	expect(pauses[0]).toBeLessThanOrEqual(retryAfterMs + BASE_DELAY_MS);
}

function unexpected(error: unknown): unknown {
	if (isMeshError(error)) error.message = `Failed although it should work: ${error.message} (${error.code})`;
	return error;
}
