import type { MeshErrorCode } from '../../../nodes/Mesh/client';
import type { FaultKind } from './faultKinds';
import type { Place } from './place';
import type { ProxyFault } from './proxyKinds';

/** A fault at a place, passing (`once`) or for good. */
export interface Cell {
	place: Place;
	kind: FaultKind;
	lasting: boolean;
}

/** What must come of a cell. */
export interface Expectation {
	/** `works`: the caller notices nothing; else the code of the error. */
	outcome: 'works' | MeshErrorCode;
	/** Times that the struck request is made in all. */
	requests?: number;
	/** A send of which tracking has told that MESH has it. */
	settled?: boolean;
	/** What the error says about trying again later. */
	temporary?: boolean;
}

/** The client's own rules (MESH API, errors: retry guidance). */
const ATTEMPTS = 4;
const ATTEMPTS_AFTER_500 = 3;

/** What must come of a fault, by its nature and by the kind of call; undefined where the two cannot meet. */
export function expectation(cell: Cell): Expectation | undefined {
	const { place, kind, lasting } = cell;
	if (!canMeet(cell)) return undefined;
	const { repeat, answer, tries = ATTEMPTS } = place;
	const works = (requests?: number): Expectation => ({ outcome: 'works', requests });
	const fails = (code: MeshErrorCode, requests: number, temporary = true): Expectation => ({
		// Whatever ends a chunked upload after its first chunk, the error says where it stands.
		outcome: place.call === 'sendChunk' ? 'MESH_UPLOAD_INTERRUPTED' : code,
		requests,
		temporary,
	});
	const repeated = (code: MeshErrorCode, attempts = ATTEMPTS): Expectation => (lasting ? fails(code, Math.min(attempts, tries)) : works(2));
	const unknown: Expectation = { outcome: 'MESH_SEND_OUTCOME_UNKNOWN', requests: 1, temporary: false };
	const settled: Expectation = { outcome: 'works', requests: 1, settled: true };
	const isLastUpload = place.call === 'sendChunk' && place.chunk === place.chunkCount;

	switch (kind.nature) {
		case 'refused':
			return repeated('MESH_STATUS');
		case 'gateway':
			return repeat === 'once' ? unknown : repeated('MESH_STATUS');
		case 'internal':
			if (repeat === 'once') return unknown;
			return repeat === 'read' ? repeated('MESH_STATUS', ATTEMPTS_AFTER_500) : fails('MESH_STATUS', 1);
		case 'final':
			// That MESH knows no such message is an answer there.
			return place.call === 'trackLocal' && kind.status === 404 ? works(1) : fails('MESH_STATUS', 1, false);
		case 'page':
			return repeat === 'once' ? unknown : repeated('MESH_PROTOCOL');
		case 'foreignRefusal':
			// As nothing can be told from it there, it is asked again.
			return place.call === 'trackLocal' && kind.status === 404 ? repeated('MESH_PROTOCOL') : fails('MESH_PROTOCOL', 1, false);
		case 'neverConnected':
			return lasting ? { ...fails('MESH_NETWORK', 0), requests: undefined } : works();
		case 'silentProxy':
			return lasting ? { ...fails('MESH_TIMEOUT', 0), requests: undefined } : works();
		case 'refusedByProxy':
			return { ...fails('MESH_NETWORK', 0, false), requests: undefined };
		case 'noTlsToProxy':
			return { ...fails('MESH_TLS', 0, false), requests: undefined };
		case 'lostRequest':
			return repeat === 'once' ? unknown : repeated('MESH_NETWORK');
		case 'stalledRequest':
			return repeat === 'once' ? unknown : repeated('MESH_TIMEOUT');
		case 'lostAnswer':
		case 'brokenAnswer':
			if (repeat === 'once') return settled;
			return isLastUpload ? { outcome: 'works', settled: true } : repeated('MESH_NETWORK');
		case 'lateAnswer':
		case 'stalledAnswer':
			if (repeat === 'once') return settled;
			return isLastUpload ? { outcome: 'works', settled: true } : repeated('MESH_TIMEOUT');
		case 'shortAnswer':
			if (repeat === 'once') return settled;
			if (isLastUpload) return { outcome: 'works', settled: true };
			return repeated(answer === 'content' ? 'MESH_INTEGRITY' : 'MESH_PROTOCOL');
		case 'garbledAnswer':
			if (repeat === 'once') return settled;
			return isLastUpload ? { outcome: 'works', settled: true } : repeated('MESH_PROTOCOL');
		case 'unreadableRange':
			return repeated('MESH_INTEGRITY');
		case 'wrongMessage':
			return place.call === 'head' ? repeated('MESH_INTEGRITY') : fails('MESH_INTEGRITY', 1);
		case 'wrongChunk':
			return fails('MESH_INTEGRITY', 1);
		case 'wrongCount':
			// The only chunk is followed by one that does not exist.
			return place.chunkCount === 1 ? fails('MESH_STATUS', 1, false) : fails('MESH_INTEGRITY', 1);
		case 'unreadable':
			return repeated('MESH_PROTOCOL');
		case 'harmless':
			return works(1);
	}
}

function hasAddress(proxy: ProxyFault | undefined): boolean {
	return proxy !== undefined && 'address' in proxy;
}

function canMeet({ place, kind: { name, nature, fault, proxy }, lasting }: Cell): boolean {
	const { call, hasBody, isEmpty, answer, chunk, chunkCount, wire, isLater, tries } = place;
	// Where there is one try, nothing passes; and an address is wrong from the first request on, and for good.
	if (!lasting && (tries === 1 || hasAddress(proxy))) return false;
	if (isLater && hasAddress(proxy)) return false;
	if (fault === undefined) return true;
	const what = fault({ chunk: 1, chunkCount: 1, now: 0 });
	const { kind } = what;
	const isDownload = wire !== undefined;
	switch (nature) {
		case 'lostRequest':
			return kind !== 'resetInRequestBody' || hasBody === true;
		case 'shortAnswer':
			// Content that is not compressed and comes with a length of its own cannot be told from shorter content.
			return isEmpty !== true && (wire !== 'plain' || (what.kind === 'truncate' && what.length === 'none'));
		case 'wrongChunk':
		case 'unreadableRange':
		case 'unreadable':
			return isDownload;
		case 'wrongCount':
			return isDownload && (!name.startsWith('fewer') || (chunk ?? 0) < (chunkCount ?? 0));
		case 'wrongMessage':
			return answer === 'content';
		case 'final':
			// 423 there means "already complete", and has tests of its own.
			return !(call === 'sendChunk' && chunk === chunkCount && name === 'status 423');
		default:
			return true;
	}
}
