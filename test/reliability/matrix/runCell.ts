import { isMeshError } from '../../../nodes/Mesh/client';
import type { MeshError, SentMessage } from '../../../nodes/Mesh/client';
import type { Cell, Expectation } from './expectation';
import type { Lane } from './lane';
import type { Leftovers } from './leftovers';
import { ruleOf } from './place';
import type { Place } from './place';
import type { ProxyFault } from './proxyKinds';
import { everythingIn, expectNoSecret } from './secrets';
import { LOCAL_ID } from './sendingPlaces';

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
	const connections = lane.proxy.connections;
	lane.mend();
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
	// What a proxy answered did not come to MESH.
	if (expected.requests !== undefined && !treatedByProxy(cell)) expect(requests).toBe(expected.requests);
	await expectNothingMore(cell, lane, connections);
	expectPauses(cell, lane);
	await scene.always('error' in result);
	// An address of the proxy that was wrong is wrong for as long as the client lives.
	const later = cell.kind.proxy && 'address' in cell.kind.proxy ? lane.client(scene.mailboxId) : client;
	if ('error' in result) await scene.recover?.(later, result.error);
	expectNoSecret(lane.logged.join('\n'), sandbox);
	await lane.hangUp();
	expect(leftovers.unhandled()).toEqual([]);
	expect(await leftovers.files()).toEqual([]);
}

const LASTING = 1_000;

function armFault({ place, kind, lasting }: Cell, lane: Lane): void {
	const { sandbox } = lane;
	const { chunk = 1, chunkCount = 1 } = place;
	const times = lasting ? LASTING : 1;
	if (kind.proxy && 'cut' in kind.proxy) lane.cutsSilences = kind.proxy.cut;
	else if (kind.proxy) spoilProxy(kind.proxy, place, times, lane);
	const fault = kind.fault?.({ chunk, chunkCount, now: sandbox.clock.now() });
	if (!fault) return;
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

function spoilProxy(fault: Exclude<ProxyFault, { cut: unknown }>, place: Place, times: number, lane: Lane): void {
	const { sandbox, proxy } = lane;
	if ('address' in fault) {
		lane.proxyAddress = fault.address(proxy.url);
	} else if (fault.mode.kind === 'work') {
		return;
	} else if (sandbox.url.startsWith('https:')) {
		// The connection that is there is lost, and the next ones meet the fault.
		if (place.isLater) sandbox.arm({ ...ruleOf(place), fault: { kind: 'resetBeforeProcessing' } });
		proxy.treat(fault.mode, { times, skip: place.isLater ? 1 : 0 });
	} else {
		const { chunk = 1, skip } = place;
		proxy.treat(fault.mode, { times, skip, from: (address) => chunk === 1 || address.endsWith(`/${chunk}`) });
	}
}

/** In so many turns of the event loop, whatever goes on has shown itself. */
const TURNS = 20;
const TRIES = 4;

/** Once a call has ended, a proxy is not asked again, and before that not more often than the call may be tried. */
async function expectNothingMore(cell: Cell, { proxy, sandbox }: Lane, seen: number): Promise<void> {
	const { place, kind, lasting } = cell;
	if (kind.proxy === undefined) return;
	for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
	expect(proxy.connections).toBe(seen);
	const tries = ['refusedByProxy', 'noTlsToProxy'].includes(kind.nature) ? 1 : (place.tries ?? TRIES);
	const isThere = 'mode' in kind.proxy ? treatedByProxy(cell) : kind.nature === 'noTlsToProxy';
	if (isThere && lasting && !place.isLater && sandbox.url.startsWith('https:'))
		// Where there is one try, the server is looked at before.
		expect(seen).toBe(tries + (place.tries === 1 ? 1 : 0));
	// One chunk is asked for ahead of another; tracking is asked up to four times about what may have arrived.
	else expect(seen).toBeLessThanOrEqual(TRIES * (place.repeat === 'read' ? 2 : 4) + 2);
}

function treatedByProxy({ kind: { proxy, nature } }: Cell): boolean {
	return proxy !== undefined && nature !== 'harmless' && !('cut' in proxy);
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

/** Throws unless the error says what happened, to which message, and what to do next. */
function expectUseful(error: unknown, { place, kind }: Cell, { outcome, temporary }: Expectation): void {
	if (!isMeshError(error)) throw error;
	expect(error.code).toBe(outcome);
	expect(error.message).toMatch(/^[A-Z].{15,}/);
	expect(error.hint).toMatch(/^[A-Z].{10,}\.$/);
	expect(`${error.message} ${error.hint}`).not.toMatch(/undefined|\[object|NaN|null/);
	expect(error.call).toMatch(/^[a-z]/);
	if (kind.status !== undefined && outcome !== 'MESH_INTEGRITY') expect(error.httpStatus).toBe(kind.status);
	if (temporary !== undefined) expect(error.temporary ?? false).toBe(temporary);
	expectNamed(error, place.call);
}

/** The message or the local ID that it is about, so that somebody can look for it. */
function expectNamed(error: MeshError, call: string): void {
	if (['head', 'download', 'downloadChunk', 'acknowledge', 'track', 'sendChunk'].includes(call)) expect(error.messageId).toMatch(/^\w+$/);
	if (['send', 'sendChunk'].includes(call)) expect(error.localId).toBe(LOCAL_ID);
	if (call === 'trackLocal') expect(error.localId).toBe('local-1');
	if (error.code === 'MESH_SEND_OUTCOME_UNKNOWN') {
		expect(error.ambiguous).toBe(true);
		expect(`${error.message} ${error.hint}`).toContain(LOCAL_ID);
	}
	if (call === 'sendChunk') expect(error.upload).toMatchObject({ messageId: error.messageId, localId: LOCAL_ID });
	else expect(error.upload).toBeUndefined();
}
