import fc from 'fast-check';
import { authorizationHeader } from '../../nodes/Mesh/client/authorization';
import { endpoints } from '../../nodes/Mesh/client/endpoints';
import { MeshError } from '../../nodes/Mesh/client';
import type { MeshErrorDetails } from '../../nodes/Mesh/client';
import { mayRepeat, retryDelay } from '../../nodes/Mesh/client/exchange';
import { retryAfterMs } from '../../nodes/Mesh/client/statusErrors';
import type { Repeatability } from '../../nodes/Mesh/client/statusErrors';
import { DEFAULT_RETRY } from '../../nodes/Mesh/client/settings';
import { cases } from '../support/cases';

const guid = 'bd0e2bd5-218e-41d0-83a9-73fdec414803';
const may4 = Date.UTC(2020, 4, 4, 13, 5, 59);

describe('the authorization token', () => {
	test.each([
		[
			'a first use',
			'TestKey',
			'X26ABC1',
			'password',
			guid,
			0,
			may4,
			'202005041305',
			'1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc',
		],
		[
			'a second use of a nonce',
			'TestKey',
			'X26ABC1',
			'password',
			guid,
			1,
			may4,
			'202005041305',
			'b35be3a6bdca886d8117b2f29cc9f3f90ad607efbc88c20aa41a0f3d5e65c863',
		],
		[
			'a colon in the password',
			'Not-A-Real-Shared-Key!',
			'X26HC005',
			'p@ss:w0rd',
			'2c001608-5f09-4840-9611-bea43e666a30',
			27,
			Date.UTC(2025, 11, 31, 23, 59),
			'202512312359',
			'74957fa3b5fc39424b06de373852c8932cb94232ab32f4f834419c4bb6ac265b',
		],
	])('agrees with the published vector for %s', (_what, sharedKey, mailboxId, password, nonce, nonceCount, now, timestamp, hash) => {
		expect(authorizationHeader({ sharedKey, mailboxId, password, nonce, nonceCount, now })).toBe(
			`NHSMESH ${mailboxId}:${nonce}:${nonceCount}:${timestamp}:${hash}`,
		);
	});

	test('tells the time in UTC whatever the zone of the machine, because MESH compares it with UTC', () => {
		const zone = process.env.TZ;
		process.env.TZ = 'Pacific/Kiritimati';
		const header = authorizationHeader({
			sharedKey: 'k',
			mailboxId: 'M',
			password: 'p',
			nonce: 'n',
			nonceCount: 0,
			now: Date.UTC(2024, 6, 1),
		});
		process.env.TZ = zone;
		expect(header).toMatch(/^NHSMESH M:n:0:202407010000:/);
	});
});

const anyText = fc.string({ unit: 'grapheme', minLength: 1 });

describe('paths', () => {
	test('are those of the API', () => {
		expect(endpoints.handshake('MB')).toBe('/messageexchange/MB');
		expect(endpoints.count('MB')).toBe('/messageexchange/MB/count');
		expect(endpoints.inbox('MB', {})).toBe('/messageexchange/MB/inbox');
		expect(endpoints.message('MB', 'ID')).toBe('/messageexchange/MB/inbox/ID');
		expect(endpoints.messageChunk('MB', 'ID', 1)).toBe('/messageexchange/MB/inbox/ID');
		expect(endpoints.messageChunk('MB', 'ID', 2)).toBe('/messageexchange/MB/inbox/ID/2');
		expect(endpoints.acknowledge('MB', 'ID')).toBe('/messageexchange/MB/inbox/ID/status/acknowledged');
		expect(endpoints.outbox('MB')).toBe('/messageexchange/MB/outbox');
		expect(endpoints.outboxChunk('MB', 'ID', 3)).toBe('/messageexchange/MB/outbox/ID/3');
		expect(endpoints.tracking('MB', 'ID')).toBe('/messageexchange/MB/outbox/tracking?messageID=ID');
		expect(endpoints.localIdTracking('MB', 'my id')).toBe('/messageexchange/MB/outbox/tracking/my%20id');
		expect(endpoints.endpointLookup('X26', 'WF')).toBe('/messageexchange/endpointlookup/X26/WF');
		expect(endpoints.workflowSearch('WF')).toBe('/messageexchange/workflowsearch/WF');
	});

	test('encode the signs of a workflow filter, which mean something else in a URL', () => {
		expect(endpoints.inbox('MB', { max_results: 10, continue_from: undefined, workflow_filter: '!*A&B*' })).toBe(
			'/messageexchange/MB/inbox?max_results=10&workflow_filter=%21%2AA%26B%2A',
		);
	});

	test.each(['.', '..'])('spell %s so that it is no step in the path', (text) => {
		expect(endpoints.localIdTracking('MB', text)).toBe(`/messageexchange/MB/outbox/tracking/${text.replace(/\./g, '%2E')}`);
	});

	test('keep every part in its place, whatever it holds, so that no text can reach another resource', () => {
		fc.assert(
			fc.property(anyText, anyText, (mailboxId, messageId) => {
				const path = endpoints.acknowledge(mailboxId, messageId);
				const parts = path.split('/');
				expect(parts).toHaveLength(7);
				expect(decodeURIComponent(parts[2])).toBe(mailboxId);
				expect(decodeURIComponent(parts[4])).toBe(messageId);
				expect(path).toMatch(/^[!-~]+$/);
				expect(path).not.toMatch(/[?#]/);
			}),
			{ numRuns: cases(2_000) },
		);
	});
});

const may = (repeat: Repeatability, details: MeshErrorDetails, attempt = 1) =>
	mayRepeat({ repeat, error: new MeshError('m', details), attempt, attempts: 4 });
const status = (httpStatus: number, meshText?: string): MeshErrorDetails => ({ code: 'MESH_STATUS', httpStatus, meshText });
const lost: MeshErrorDetails = { code: 'MESH_NETWORK', temporary: true, ambiguous: true };
const notSent: MeshErrorDetails = { code: 'MESH_NETWORK', temporary: true, ambiguous: false };

describe('repeating', () => {
	test.each([425, 429, 503])('after %d is safe for every call, as the request was refused before it was looked at', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			true,
			true,
			true,
		]);
	});

	test.each([502, 504])('after %d is not safe for the first request of a message, which the gateway may have passed on', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			true,
			true,
			false,
		]);
	});

	test('after 500 is tried twice, and only for questions', () => {
		expect([1, 2, 3].map((attempt) => may('read', status(500), attempt))).toEqual([true, true, false]);
		expect([may('idempotent', status(500)), may('never', status(500))]).toEqual([false, false]);
	});

	test.each([400, 401, 403, 404, 405, 406, 410, 413, 417, 422, 423, 501])('after %d changes nothing', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			false,
			false,
			false,
		]);
	});

	test('after a token that MESH has seen is tried once, and never for the first request of a message', () => {
		const seen = status(403, 'Error Duplicated Authentication Token');
		expect([may('read', seen), may('read', seen, 2), may('idempotent', seen), may('never', seen)]).toEqual([true, false, true, false]);
	});

	test('after a lost connection is safe, but for a message only when nothing was sent', () => {
		expect([may('read', lost), may('idempotent', lost), may('never', lost), may('never', notSent)]).toEqual([true, true, false, true]);
	});

	test('ends with the number of attempts, with cancelling and with what will not pass', () => {
		expect(may('read', lost, 4)).toBe(false);
		expect(may('read', { code: 'MESH_ABORTED' })).toBe(false);
		expect(may('read', { code: 'MESH_TLS', temporary: false })).toBe(false);
	});
});

describe('the pause before another attempt', () => {
	const policy = DEFAULT_RETRY;

	test('the pause is anything up to a bound that doubles, so that clients do not come back together', () => {
		for (const [attempt, bound] of [
			[1, 500],
			[2, 1_000],
			[3, 2_000],
			[7, 30_000],
			[1_000, 30_000],
		]) {
			expect(retryDelay({ attempt, random: 0, policy })).toBe(0);
			expect(retryDelay({ attempt, random: 0.5, policy })).toBe(bound / 2);
		}
	});

	test('a wish of the server is kept, with a little jitter, up to the bound of the user', () => {
		expect(retryDelay({ attempt: 1, random: 0, policy, retryAfter: 7_000 })).toBe(7_000);
		expect(retryDelay({ attempt: 1, random: 0.5, policy, retryAfter: 7_000 })).toBe(7_250);
		expect(retryDelay({ attempt: 1, random: 0.5, policy, retryAfter: 10_000_000 })).toBe(policy.maxRetryAfterMs);
	});

	test('the pause is never negative, endless or no number', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 1e6 }),
				fc.double({ min: 0, max: 0.999, noNaN: true }),
				fc.option(fc.nat(), { nil: undefined }),
				(attempt, random, retryAfter) => {
					const delay = retryDelay({ attempt, random, policy, retryAfter });
					return delay >= 0 && delay <= policy.maxRetryAfterMs;
				},
			),
		);
	});
});

describe('a Retry-After header', () => {
	const now = Date.UTC(2026, 0, 5, 12, 0, 0);

	test.each([
		['seconds', '120', 120_000],
		['no time', '0', 0],
		['an HTTP date', 'Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
		['a date that has passed', 'Mon, 05 Jan 2026 11:00:00 GMT', 0],
	])('%s is understood', (_form, value, expected) => {
		expect(retryAfterMs(value, now)).toBe(expected);
	});

	test.each([[undefined], [''], ['soon'], ['-5'], ['1e9'], ['2026'.repeat(10)], ['NaN']])('%s counts as absent', (value) => {
		expect(retryAfterMs(value, now)).toBeUndefined();
	});

	test('no text gives a negative pause or none at all', () => {
		fc.assert(
			fc.property(fc.string(), (value) => {
				const pause = retryAfterMs(value, now);
				return pause === undefined || (pause >= 0 && Number.isFinite(pause));
			}),
			{ numRuns: cases(5_000) },
		);
	});
});
