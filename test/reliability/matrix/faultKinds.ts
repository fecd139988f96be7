import type { Fault } from '../../../sandbox';
import { SECRETS } from './secrets';
import type { ProxyFault } from './proxyKinds';

/**
 * What a fault is by nature, which decides what must come of it:
 * - `refused`: answered before MESH looked at the request, so that nothing has happened
 * - `gateway`: answered by something in front of MESH, which may have passed the request on
 * - `internal`: MESH's own failure
 * - `final`: an answer that will not change
 * - `page`, `foreignRefusal`: answered in MESH's place by something in front of it, with a success or with a refusal
 * - `neverConnected`: no request was made
 * - `lostRequest`, `stalledRequest`: begun, not processed, and no answer
 * - `lostAnswer`, `lateAnswer`: processed, and no answer in time
 * - `brokenAnswer`, `stalledAnswer`, `shortAnswer`, `garbledAnswer`: processed, and the answer is damaged
 * - `wrongChunk`, `unreadableRange`, `wrongCount`, `wrongMessage`, `unreadable`: a download that is not what was asked for
 * - `silentProxy`, `refusedByProxy`, `noTlsToProxy`: a proxy stands in the way, so that no request was made
 * - `harmless`: changes nothing that matters
 */
export type FaultNature =
	| 'refused'
	| 'gateway'
	| 'internal'
	| 'final'
	| 'page'
	| 'foreignRefusal'
	| 'neverConnected'
	| 'lostRequest'
	| 'stalledRequest'
	| 'lostAnswer'
	| 'lateAnswer'
	| 'brokenAnswer'
	| 'stalledAnswer'
	| 'shortAnswer'
	| 'garbledAnswer'
	| 'wrongChunk'
	| 'unreadableRange'
	| 'wrongCount'
	| 'wrongMessage'
	| 'unreadable'
	| 'silentProxy'
	| 'refusedByProxy'
	| 'noTlsToProxy'
	| 'harmless';

/** Where it strikes: for faults that depend on it. */
interface FaultPlace {
	chunk: number;
	chunkCount: number;
	now: number;
}

export interface FaultKind {
	name: string;
	nature: FaultNature;
	/** Of the answer, where there is one. */
	status?: number;
	/** What `Retry-After` asks for. */
	retryAfterMs?: number;
	/** What the sandbox is told to do. */
	fault?(place: FaultPlace): Fault;
	/** What is wrong with the proxy. */
	proxy?: ProxyFault;
}

/** Seconds that differ from all of the client's own pauses. */
const RETRY_AFTER_S = 37;

const status = (
	nature: FaultNature,
	code: number,
	note = '',
	more: { headers?: Record<string, string>; body?: string } = {},
): FaultKind => ({
	name: `status ${code}${note}`,
	nature,
	status: code,
	fault: () => ({ kind: 'status', status: code, ...more }),
});

/** The same status twice: bare, and with the time after which to come again. */
const passing = (nature: FaultNature, code: number): FaultKind[] => [
	status(nature, code),
	{
		...status(nature, code, ' with Retry-After', { headers: { 'retry-after': String(RETRY_AFTER_S) } }),
		retryAfterMs: RETRY_AFTER_S * 1_000,
	},
];

const retryAfterDate: FaultKind = {
	name: 'status 503 with Retry-After as a date',
	nature: 'refused',
	status: 503,
	retryAfterMs: RETRY_AFTER_S * 1_000,
	fault: ({ now }) => ({ kind: 'status', status: 503, headers: { 'retry-after': new Date(now + RETRY_AFTER_S * 1_000).toUTCString() } }),
};

const retryAfterDays: FaultKind = {
	...status('refused', 429, ' with Retry-After of two days, which nobody waits for', { headers: { 'retry-after': '172800' } }),
	retryAfterMs: 120_000,
};

/** As careless servers do: the request comes back in the error. */
const echo = JSON.stringify({
	detail: [
		{
			event: 'SEND',
			code: 'X',
			msg: `Bad token NHSMESH X26ABC1:nonce:0:202001010000:abc for ${SECRETS.mailboxPassword} and ${SECRETS.sharedKey}`,
		},
	],
});

const HTML = { 'content-type': 'text/html' };
const PAGE = '<!doctype html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>';

const answered: FaultKind[] = [
	...[425, 429, 503].flatMap((code) => passing('refused', code)),
	retryAfterDate,
	retryAfterDays,
	...[408, 502, 504].flatMap((code) => passing('gateway', code)),
	...passing('internal', 500),
	{ name: 'status 500 with XML', nature: 'internal', status: 500, fault: () => ({ kind: 'xmlError' }) },
	...[400, 403, 405, 406, 413, 417, 422, 423].map((code) => status('final', code)),
	...[404, 410].map((code) => status('final', code, '', { body: JSON.stringify({ detail: [{ event: '', code: '', msg: 'Not Found' }] }) })),
	status('final', 400, ' that echoes token, password and key', { body: echo }),
	status('final', 302, ' to another host', { headers: { location: 'http://127.0.0.1:9/elsewhere' } }),
	{ name: 'status 403 without a body', nature: 'final', status: 403, fault: () => ({ kind: 'emptyForbidden' }) },
	{
		name: 'page of a gateway as a success',
		nature: 'page',
		fault: () => ({ kind: 'foreignAnswer', status: 200, headers: HTML, body: PAGE }),
	},
	...[403, 404, 410].map(
		(code): FaultKind => ({
			name: `page of a gateway with status ${code}`,
			nature: 'foreignRefusal',
			status: code,
			fault: () => ({ kind: 'foreignAnswer', status: code, headers: HTML, body: PAGE }),
		}),
	),
];

const broken: FaultKind[] = [
	// For as long as the sandbox's clock takes to pass the year: `lasting` cells; the others limit the number of connections.
	{ name: 'connection refused', nature: 'neverConnected', fault: () => ({ kind: 'refuseConnections', ms: 365 * 24 * 3_600_000 }) },
	{ name: 'reset before processing', nature: 'lostRequest', fault: () => ({ kind: 'resetBeforeProcessing' }) },
	{ name: 'reset in the request body', nature: 'lostRequest', fault: () => ({ kind: 'resetInRequestBody', afterBytes: 5 }) },
	{ name: 'silence before the answer', nature: 'stalledRequest', fault: () => ({ kind: 'stall', where: 'beforeAnswer' }) },
	{ name: 'reset after processing', nature: 'lostAnswer', fault: () => ({ kind: 'resetAfterProcessing' }) },
	{ name: 'answer after the client gave up', nature: 'lateAnswer', fault: () => ({ kind: 'lateAnswer', ms: 600_000 }) },
	{ name: 'reset in the response body', nature: 'brokenAnswer', fault: () => ({ kind: 'resetInResponseBody', afterBytes: 5 }) },
	{ name: 'response cut short of its length', nature: 'brokenAnswer', fault: () => ({ kind: 'truncate', bytes: 5, length: 'kept' }) },
	{
		name: 'silence in the response body',
		nature: 'stalledAnswer',
		fault: () => ({ kind: 'stall', where: 'inResponseBody', afterBytes: 5 }),
	},
	{
		name: 'response cut, with its length corrected',
		nature: 'shortAnswer',
		fault: () => ({ kind: 'truncate', bytes: 5, length: 'adjusted' }),
	},
	{
		name: 'response cut, with nothing that tells its end',
		nature: 'shortAnswer',
		fault: () => ({ kind: 'truncate', bytes: 5, length: 'none' }),
	},
];

const header = (name: string, nature: FaultNature, headers: (place: FaultPlace) => Record<string, string>): FaultKind => ({
	name,
	nature,
	fault: (place) => ({ kind: 'wrongHeader', headers: headers(place) }),
});

const damaged: FaultKind[] = [
	{ name: 'garbage instead of JSON', nature: 'garbledAnswer', fault: () => ({ kind: 'garbageJson' }) },
	header('content type of a web page', 'harmless', () => ({ 'content-type': 'text/html' })),
	header('no date, or one that is none', 'harmless', () => ({ date: 'yesterday' })),
	{ name: 'neighbouring chunk served instead', nature: 'wrongChunk', fault: () => ({ kind: 'duplicateChunk' }) },
	header('chunk range of the next chunk', 'wrongChunk', ({ chunk, chunkCount }) => ({
		'mex-chunk-range': `${chunk + 1}:${chunkCount + 1}`,
	})),
	header('chunk range that cannot be read', 'unreadableRange', () => ({ 'mex-chunk-range': 'first:last' })),
	header('fewer chunks announced than there are', 'wrongCount', ({ chunk }) => ({ 'mex-chunk-range': `${chunk}:${chunk}` })),
	header('more chunks announced than there are', 'wrongCount', ({ chunk, chunkCount }) => ({
		'mex-chunk-range': `${chunk}:${chunkCount + 1}`,
	})),
	header('ID of another message', 'wrongMessage', () => ({ 'mex-messageid': '20200101000000000000_FFFFFF' })),
	header('content encoding that nobody asked for', 'unreadable', () => ({ 'content-encoding': 'br' })),
];

/** Every way in which a request can go wrong. */
export const FAULT_KINDS: readonly FaultKind[] = [...answered, ...broken, ...damaged];
