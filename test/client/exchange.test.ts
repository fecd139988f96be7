import fc from 'fast-check';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MeshError, bufferSource } from '../../nodes/Mesh/client';
import type { CallOptions, MeshClient, MeshErrorDetails } from '../../nodes/Mesh/client';
import { authorizationHeader, mayRepeat, retryDelay } from '../../nodes/Mesh/client/exchange';
import { endpoints } from '../../nodes/Mesh/client/endpoints';
import { DEFAULT_RETRY } from '../../nodes/Mesh/client/settings';
import { retryAfterMs } from '../../nodes/Mesh/client/statusErrors';
import type { Repeatability } from '../../nodes/Mesh/client/statusErrors';
import { cases } from '../support/cases';
import { bytesOf, failureOf, startWorld } from './world';
import type { World } from './world';

describe('attempts', () => {
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
});

describe('cancelling', () => {
	let world: World;
	let client: MeshClient;
	beforeAll(async () => {
		world = await startWorld();
		client = world.client('X26ABC1', { runtime: { now: () => world.sandbox.clock.now() } });
	});
	afterAll(async () => await world.close());
	beforeEach(async () => await world.reset());

	const stalled = { kind: 'stall', where: 'beforeAnswer' } as const;
	const source = bufferSource(Buffer.alloc(50, 'x'));
	const message = { to: 'X26ABC2', workflowId: 'WF', source };

	/** Aborts once the sandbox has seen as many requests, and gives what became of the call. */
	async function cancelled(call: (options: CallOptions) => Promise<unknown>, requests = 1) {
		const stop = new AbortController();
		const outcome = failureOf(call({ signal: stop.signal }));
		while (world.sandbox.requests.length < requests) await new Promise((resolve) => setImmediate(resolve));
		stop.abort(new Error('reason that may hold anything'));
		return await outcome;
	}

	test.each<[string, (options: CallOptions) => Promise<unknown>]>([
		['validating', async (options) => await client.handshake(options)],
		['counting', async (options) => await client.countMessages(options)],
		['listing', async (options) => await client.listInbox({}, options).next()],
		['getting headers', async (options) => await client.getHeaders('ID', options)],
		['downloading', async (options) => await client.download('ID', options)],
		['acknowledging', async (options) => await client.acknowledge('ID', options)],
		['tracking', async (options) => await client.track('ID', options)],
		['tracking by local ID', async (options) => await client.trackByLocalId('ID', options)],
		['looking up', async (options) => await client.lookUpMailboxes('X26', 'WF', options)],
		['searching', async (options) => await client.searchByWorkflow('WF', options)],
		['sending', async (options) => await client.send(message, options)],
	])('%s ends when it is cancelled, without another attempt', async (_what, call) => {
		world.sandbox.arm({ times: 100, fault: stalled });
		const error = await cancelled(call);
		expect(error).toMatchObject({ code: 'MESH_ABORTED', temporary: false });
		expect(error.message).not.toContain('anything');
		expect(world.sandbox.requests).toHaveLength(1);
	});

	test.each<[string, (options: CallOptions) => Promise<unknown>]>([
		['asked', async (options) => await client.countMessages(options)],
		['sent', async (options) => await client.send(message, options)],
		['downloaded', async (options) => await client.download('ID', options)],
		['listed', async (options) => await client.listInbox({}, options).next()],
	])('nothing is %s when the signal is aborted already', async (_what, call) => {
		expect(await failureOf(call({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'MESH_ABORTED' });
		expect(world.calls()).toEqual([]);
	});

	test('a pause before another attempt ends too', async () => {
		world.sandbox.arm({ call: 'count', times: 100, fault: { kind: 'status', status: 503, headers: { 'retry-after': '100' } } });
		expect(await cancelled(async (options) => await client.countMessages(options))).toMatchObject({ code: 'MESH_ABORTED' });
	});

	test('a chunked upload that is cancelled says where it stood, so that it can go on', async () => {
		world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: stalled });
		const error = await cancelled(async (options) => await client.send(message, { ...options, chunkSize: 10, compression: 'never' }), 3);
		expect(error).toMatchObject({ code: 'MESH_ABORTED', upload: { nextChunk: 3, chunkCount: 5, chunkSize: 10 } });
		const sent = await client.send(message, { continueFrom: error.upload });
		expect((await world.sandbox.content(sent.messageId)).length).toBe(50);
	});

	test('a cancelled first chunk leaves it open whether MESH has it, and names the local ID', async () => {
		world.sandbox.arm({ call: 'send', fault: stalled });
		expect(await cancelled(async (options) => await client.send(message, options))).toMatchObject({
			code: 'MESH_ABORTED',
			ambiguous: true,
			localId: expect.any(String),
		});
	});

	test('asking tracking about an unknown outcome ends too', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		world.sandbox.arm({ call: 'trackLocal', fault: stalled });
		expect(await cancelled(async (options) => await client.send(message, options), 2)).toMatchObject({ code: 'MESH_ABORTED' });
	});

	describe('a download that is cancelled', () => {
		const large = Buffer.alloc(3_000_000, 'abc');

		test('while it is read ends its stream with an error', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: [large, large] });
			const stop = new AbortController();
			const { body } = await client.download(messageId, { signal: stop.signal });
			const writing = pipeline(
				body,
				new Writable({
					write: (_piece, _encoding, done) => {
						stop.abort();
						setImmediate(done);
					},
				}),
			);
			expect(await failureOf(writing)).toMatchObject({ code: 'MESH_ABORTED' });
		});

		test('while nobody reads it ends without a word to the process', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: [large, large] });
			const stop = new AbortController();
			const { body } = await client.download(messageId, { signal: stop.signal });
			const closed = once(body, 'close').catch(() => undefined);
			stop.abort();
			await closed;
			expect(body.destroyed).toBe(true);
		});

		test('after its end was a download all the same', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'short' });
			const stop = new AbortController();
			const incoming = await client.download(messageId, { signal: stop.signal });
			expect((await bytesOf(incoming.body)).toString()).toBe('short');
			stop.abort();
			expect(incoming.received).toMatchObject({ bytes: 5 });
		});
	});

	test('signals are let go of: a thousand calls with one signal leave no listener behind', async () => {
		const stop = new AbortController();
		const added: string[] = [];
		const { signal } = stop;
		const counted = new Proxy(signal, {
			get(target, name) {
				const value: unknown = Reflect.get(target, name, target);
				if (name === 'addEventListener') added.push('+');
				if (name === 'removeEventListener') added.push('-');
				return typeof value === 'function' ? value.bind(target) : value;
			},
		});
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		for (let time = 0; time < 20; time++) {
			await client.countMessages({ signal: counted });
			await bytesOf((await client.download(messageId, { signal: counted })).body);
			await client.send(message, { signal: counted, chunkSize: 30, compression: 'always' });
		}
		expect(added.filter((sign) => sign === '+').length).toBeGreaterThan(60);
		expect(added.filter((sign) => sign === '-').length).toBeGreaterThanOrEqual(added.filter((sign) => sign === '+').length);
	});
});
