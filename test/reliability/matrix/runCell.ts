import { isMeshError } from '../../../nodes/Mesh/client';
import type { SentMessage } from '../../../nodes/Mesh/client';
import { everythingIn, expectNoSecret } from './everythingIn';
import type { Cell, Expectation } from './expectation';
import { expectUseful } from './expectUseful';
import type { Lane } from './lane';
import type { Leftovers } from './leftovers';
import { ruleOf } from './place';

/** The upper bound of the client's first pause; with the lane's jitter the pause is half of it. */
const BASE_DELAY_MS = 500;

/** Plays one cell; throws what does not hold. */
export async function runCell(cell: Cell, expected: Expectation, lane: Lane, leftovers: Leftovers): Promise<void> {
	await lane.fresh();
	const { sandbox } = lane;
	const scene = await cell.place.prepare(lane);
	armFault(cell, lane);
	const client = lane.client(scene.mailboxId);
	const result = await scene.act(client).then(
		(value) => ({ value }),
		(error: unknown) => ({ error }),
	);
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
	if (expected.requests !== undefined) expect(requests).toBe(expected.requests);
	expectPauses(cell, lane);
	await scene.always('error' in result);
	if ('error' in result) await scene.recover?.(client, result.error);
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
