import { sandboxForTests, token, withSandbox } from './support/caller';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('the admin calls', () => {
	const world = sandboxForTests();
	const admin = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
		const reply = await world.mesh.call({
			method,
			path: `admin/${path}`,
			as: null,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		return { status: reply.status, json: reply.text === '' ? undefined : reply.json };
	};
	afterEach(() => world.sandbox.reset());

	it('put a message, as text, base64 or chunks', async () => {
		const put = async (fields: Record<string, unknown>) =>
			String((await admin('POST', 'message', { to: 'x26abc2', ...fields })).json?.message_id);
		expect((await world.sandbox.content(await put({ content: 'text' }))).toString()).toBe('text');
		expect((await world.sandbox.content(await put({ content_base64: 'AAEC' }))).equals(Buffer.from([0, 1, 2]))).toBe(true);
		const id = await put({
			chunks_base64: ['YQ==', 'Yg=='],
			gzip: true,
			workflow_id: 'WF',
			local_id: 'L',
			from: 'X26ABC3',
			file_name: 'f',
			encrypted: true,
		});
		expect((await world.sandbox.content(id)).toString()).toBe('ab');
		expect((await admin('GET', `message/${id}`)).json).toMatchObject({
			from: 'X26ABC3',
			chunkCount: 2,
			contentEncoding: 'gzip',
			workflowId: 'WF',
			localId: 'L',
			fileName: 'f',
			encrypted: true,
		});
		expect((await admin('POST', 'message', { to: 'X26ABC2' })).status).toBe(400);
		expect((await admin('POST', 'message', { to: 'NOWHERE', content: '' })).status).toBe(404);
	});

	it('put a report in the words of the NHS sandbox', async () => {
		const report = {
			mailbox_id: 'X26ABC1',
			code: '21',
			description: 'why',
			workflow_id: 'WF',
			subject: 'S',
			local_id: 'L',
			file_name: 'f',
			linked_message_id: 'ID',
			status: 'error',
		};
		const { json } = await admin('POST', 'report', report);
		const { headers } = await world.mesh.call({ path: `X26ABC1/inbox/${String(json?.message_id)}` });
		expect(headers).toMatchObject({
			'mex-statuscode': '21',
			'mex-statusdescription': 'why',
			'mex-linkedmsgid': 'ID',
			'mex-localid': 'L',
			'mex-subject': 'S',
			'mex-filename': 'f',
		});
		expect((await admin('POST', 'report', { mailbox_id: 'X26ABC1' })).json?.detail).toEqual([
			expect.objectContaining({ loc: ['body', 'code'] }),
		]);
	});

	it('add a status to a message', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x' });
		expect(
			(
				await admin('POST', `message/${id}/event`, {
					status: 'error',
					code: '99',
					event: 'SEND',
					description: 'broken',
					linked_message_id: 'R',
				})
			).status,
		).toBe(200);
		const tracked = (await world.mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}` })).json;
		expect(tracked).toMatchObject({ status: 'error', status_success: false, status_code: '99', status_description: 'broken' });
		const headers = (await world.mesh.call({ method: 'HEAD', path: `X26ABC1/inbox/${id}` })).headers;
		expect(headers).toMatchObject({ 'mex-statussuccess': 'ERROR', 'mex-statuscode': '99', 'mex-linkedmsgid': 'R' });
		expect((await admin('POST', `message/${id}/event`, { status: 'accepted' })).status).toBe(200);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([id]);
		expect((await admin('POST', `message/${id}/event`, { status: 'lost' })).status).toBe(400);
		expect((await admin('POST', 'message/NOTHERE/event', { status: 'error' })).status).toBe(404);
	});

	it('create a mailbox that can be used at once, and never show a password', async () => {
		expect((await admin('POST', 'mailbox', { mailbox_id: 'new1', ods_code: 'N1', password: 'geheim', workflows: ['NEW'] })).json).toEqual({
			mailbox_id: 'NEW1',
		});
		const authorization = token('NEW1', world.sandbox.clock.now(), { password: 'geheim' });
		expect((await world.mesh.call({ path: 'NEW1/count', headers: { authorization } })).status).toBe(200);
		expect((await world.mesh.call({ path: 'endpointlookup/N1/NEW', as: null })).json.results).toEqual([
			{ mailbox_id: 'NEW1', mailbox_name: 'NEW1' },
		]);
		const all = await admin('GET', 'mailboxes');
		expect(JSON.stringify(all.json)).toContain('NEW1');
		expect(JSON.stringify(all.json)).not.toMatch(/geheim|password/);
		expect((await admin('GET', 'mailbox/NOWHERE')).status).toBe(404);
		expect((await admin('POST', 'mailbox', { mailbox_id: 'no good', ods_code: 'X' })).status).toBe(400);
	});

	it('show and move the clock', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		const before = Date.parse(String((await admin('GET', 'clock')).json?.now));
		const after = Date.parse(String((await admin('POST', 'clock', { advance_ms: 5 * 24 * 60 * 60 * 1000 })).json?.now));
		expect(after - before).toBeGreaterThanOrEqual(5 * 24 * 60 * 60 * 1000);
		expect(world.sandbox.message(id)?.status).toBe('undeliverable');
		expect((await admin('POST', 'clock', { advance_ms: -1 })).status).toBe(400);
		expect((await admin('POST', 'clock', {})).status).toBe(400);
	});

	it('refuse to move the clock beyond the year 9999, and then go on as before', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const move = (body: object) => mesh.call({ method: 'POST', path: 'admin/clock', as: null, body: JSON.stringify(body) });
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			for (const milliseconds of [1e16, 1e300, 300_000 * DAY_MS * 10])
				expect([milliseconds, (await move({ advance_ms: milliseconds })).status]).toEqual([milliseconds, 400]);
			expect(() => sandbox.clock.advance(1e16)).toThrow('9999');
			expect(sandbox.clock.offsetMs).toBe(0);
			expect(await mesh.list('X26ABC2')).toEqual([id]);
			expect((await move({ advance_ms: Date.UTC(9999, 0, 1) - sandbox.clock.now() })).status).toBe(200);
			const last = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.behaviour.expireAfterMs = 1e300;
			const tracked = await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${last}` });
			expect([tracked.status, tracked.json.expiry_time]).toEqual([200, expect.stringMatching(/^9999-12-31T/)]);
		});
	});

	it('set a moved clock right again: what was delivered stays so and has its five days from then on', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const clock = async (body?: object) =>
				(await mesh.call({ method: body ? 'POST' : 'GET', path: 'admin/clock', as: null, body: body && JSON.stringify(body) })).json;
			expect(await clock()).toMatchObject({ ahead_ms: 0 });
			const early = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			expect(await clock({ advance_ms: 4 * DAY_MS })).toMatchObject({ ahead_ms: 4 * DAY_MS });
			const late = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.behaviour.deliveryDelayMs = DAY_MS;
			const delayed = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.behaviour.deliveryDelayMs = 0;
			sandbox.behaviour.rateLimit = { requests: 9, perMs: 1000, retryAfterSeconds: 1 };
			expect(await mesh.list('X26ABC2')).toEqual([early, late]);

			const { now, ahead_ms: ahead } = await clock({ reset: true });
			expect([ahead, Math.abs(Date.parse(String(now)) - Date.now()) < DAY_MS / 2]).toEqual([0, true]);
			for (let time = 0; time < 9; time++) expect(await mesh.list('X26ABC2')).toEqual([early, late]);
			const today = new Date(sandbox.clock.now()).toISOString().slice(0, 10).replaceAll('-', '');
			expect((await mesh.send('X26ABC1', 'X26ABC2', 'x')).startsWith(today)).toBe(true);
			sandbox.clock.advance(DAY_MS);
			expect(sandbox.inbox('X26ABC2')).toContain(delayed);
			sandbox.clock.advance(4 * DAY_MS);
			expect([early, late, delayed].map((id) => sandbox.message(id)?.status)).toEqual(['undeliverable', 'undeliverable', 'accepted']);

			for (const body of [{ reset: 'yes' }, { reset: false }, { reset: true, advance_ms: 1 }]) {
				expect((await mesh.call({ method: 'POST', path: 'admin/clock', as: null, body: JSON.stringify(body) })).status).toBe(400);
			}
		});
	});

	it('arm, show and clear faults', async () => {
		const rule = { call: 'count', path: '/X26ABC[12]/', times: 2, fault: { kind: 'status', status: 503, headers: { 'Retry-After': '1' } } };
		expect((await admin('POST', 'faults', rule)).status).toBe(201);
		expect((await admin('GET', 'faults')).json).toEqual({ faults: [{ ...rule, call: ['count'], skip: 0 }] });
		expect((await world.mesh.call({ path: 'X26ABC3/count' })).status).toBe(200);
		expect((await world.mesh.call({ path: 'X26ABC1/count' })).status).toBe(503);
		expect((await admin('DELETE', 'faults')).status).toBe(200);
		expect((await world.mesh.call({ path: 'X26ABC1/count' })).status).toBe(200);
	});

	it.each([
		['fault', {}],
		['fault.kind', { fault: { kind: 'unheard' } }],
		['fault.status', { fault: { kind: 'status' } }],
		['fault.length', { fault: { kind: 'truncate', bytes: 1, length: 'odd' } }],
		['call', { call: 'unheard', fault: { kind: 'emptyForbidden' } }],
		['method', { method: 1, fault: { kind: 'emptyForbidden' } }],
		['path', { path: '/(/', fault: { kind: 'emptyForbidden' } }],
		['path', { path: '/a/zz', fault: { kind: 'emptyForbidden' } }],
		['call', { call: [], fault: { kind: 'emptyForbidden' } }],
		...['one', 0, 1.5].map((chunk): [string, object] => ['chunk', { chunk, fault: { kind: 'emptyForbidden' } }]),
		...[0, 0.5, -1, '2', null].map((times): [string, object] => ['times', { times, fault: { kind: 'emptyForbidden' } }]),
		...[-1, 0.5].map((skip): [string, object] => ['skip', { skip, fault: { kind: 'emptyForbidden' } }]),
		['calls', { calls: 'send', fault: { kind: 'emptyForbidden' } }],
		['toString', { toString: 1, fault: { kind: 'emptyForbidden' } }],
		['fault.kind', { fault: { kind: 'constructor' } }],
		['fault.kind', { fault: { kind: ['status'], status: 503 } }],
		['fault.header', { fault: { kind: 'status', status: 503, header: {} } }],
		['fault.status', { fault: { kind: 'emptyForbidden', status: 403 } }],
		...[99, 101, 199, 600, 503.5, '503'].map((status): [string, object] => ['fault.status', { fault: { kind: 'status', status } }]),
		['fault.status', { fault: { kind: 'xmlError', status: 1000 } }],
		...[{ 'a b': 'x' }, { '': 'x' }, { a: 'line\nbreak' }, { a: '\u20ac' }, { a: 1 }, ['a'], 'a'].map((headers): [string, object] => [
			'fault.headers',
			{ fault: { kind: 'wrongHeader', headers } },
		]),
		['fault.headers', { fault: { kind: 'status', status: 503, headers: { 'retry after': '5' } } }],
		['fault.afterBytes', { fault: { kind: 'resetInRequestBody', afterBytes: 1.5 } }],
		['fault.ms', { fault: { kind: 'lateAnswer', ms: 2 ** 31 } }],
	])('name the field %s of a rule that is wrong', async (field, rule) => {
		const { status, json } = await admin('POST', 'faults', rule);
		expect([status, json?.detail]).toEqual([400, [expect.objectContaining({ loc: ['body', field] })]]);
		expect((await admin('GET', 'faults')).json).toEqual({ faults: [] });
	});

	it('say what a rule may have instead', async () => {
		const problem = async (rule: object) => ((await admin('POST', 'faults', rule)).json?.detail as Array<{ msg: string }>)[0].msg;
		expect(await problem({ calls: 'send', fault: { kind: 'emptyForbidden' } })).toBe(
			'There is no such field; there are call, method, path, chunk, skip, times, fault',
		);
		expect(await problem({ fault: { kind: 'status', status: 503, header: {} } })).toBe(
			'There is no such field; there are kind, status, headers, body',
		);
		expect(await problem({ fault: { kind: 'emptyForbidden', status: 503 } })).toBe('There is no such field; there is kind');
		expect(await problem({ fault: { kind: 'status', status: 5 } })).toBe('Input should be a whole number from 200 to 599');
		expect(await problem({ fault: { kind: 'truncate', bytes: 1 } })).toBe('Input should be kept or adjusted or none');
	});

	it('show refused connections with the time that is left, and clear them', async () => {
		await withSandbox({ now: () => Date.UTC(2026, 0, 1) }, async (mesh, sandbox) => {
			// The one connection that is open already stays.
			const faults = async () => (await mesh.call({ path: 'admin/faults', as: null })).json.faults;
			expect(await faults()).toEqual([]);
			sandbox.arm({ fault: { kind: 'refuseConnections', ms: 60_000 } });
			sandbox.arm({ skip: 1, times: 2, fault: { kind: 'refuseConnections', ms: 30_000 } });
			sandbox.clock.advance(20_000);
			expect(await faults()).toEqual([
				{ skip: 0, fault: { kind: 'refuseConnections', ms: 40_000 } },
				{ skip: 1, times: 2, fault: { kind: 'refuseConnections', ms: 10_000 } },
			]);
			sandbox.clock.advance(10_000);
			expect(await faults()).toHaveLength(1);
			expect((await mesh.call({ method: 'DELETE', path: 'admin/faults', as: null })).status).toBe(200);
			expect(await faults()).toEqual([]);
			mesh.close();
			expect((await mesh.call({ path: '_ping', as: null })).status).toBe(200);
		});
	});

	it('show and change the switches, all or none', async () => {
		expect((await admin('GET', 'behaviour')).json).toMatchObject({ afterAcknowledgement: 'gone' });
		expect((await admin('PATCH', 'behaviour', { rateLimit: { requests: 1, perMs: 1, retryAfterSeconds: 1 } })).status).toBe(200);
		expect((await admin('PATCH', 'behaviour', { rateLimit: null, patients: [] })).json).not.toHaveProperty('rateLimit');
		const wrong = await admin('PATCH', 'behaviour', { chunkHoles: 'refuse', deliveryDelayMs: -1 });
		expect([wrong.status, world.sandbox.behaviour.chunkHoles]).toEqual([400, 'finalise']);
		expect((await admin('PATCH', 'behaviour', { unheard: 1 })).json?.detail).toEqual([
			expect.objectContaining({ loc: ['body', 'unheard'] }),
		]);
	});

	it.each([
		['patients', '{"patients":[{"nhsNumber":"9990000018","dateOfBirth":"19550901","surname":"Sample","mailboxes":[1]}]}'],
		['patients', '{"patients":[{"nhsNumber":"9990000018","dateOfBirth":"1955-09-01","surname":"Sample","mailboxes":["X26ABC2"]}]}'],
		['patients', '{"patients":[{"nhsNumber":"9990000018","dateOfBirth":"19550901","mailboxes":["X26ABC2"]}]}'],
		['patients', '{"patients":[null]}'],
		['__proto__', '{"__proto__":{}}'],
		['toString', '{"toString":1}'],
		['constructor', '{"constructor":"x"}'],
	])('take no switch %s as in %s', async (name, body) => {
		const before = { ...world.sandbox.behaviour };
		const { status, json } = await world.mesh.call({ method: 'PATCH', path: 'admin/behaviour', as: null, body });
		expect([status, json.detail]).toEqual([400, [expect.objectContaining({ loc: ['body', name] })]]);
		expect(world.sandbox.behaviour).toEqual(before);
		expect(
			(
				await world.mesh.call({
					method: 'POST',
					path: 'X26ABC1/outbox',
					headers: { 'mex-to': 'GPPROVIDER_9990000018_19550901_Sample', 'mex-workflowid': 'W' },
					body: 'x',
				})
			).status,
		).toBe(417);
	});

	it('say how a patient is written', async () => {
		const patient = { nhsNumber: '9990000018', dateOfBirth: '19550901', surname: 'Sample', mailboxes: ['X26ABC2'] };
		expect((await admin('PATCH', 'behaviour', { patients: [patient] })).json?.patients).toEqual([patient]);
		const { json } = await admin('PATCH', 'behaviour', { patients: [{ ...patient, dateOfBirth: '1955' }] });
		expect(json?.detail).toEqual([expect.objectContaining({ msg: expect.stringContaining('dateOfBirth (YYYYMMDD)') })]);
		expect((await admin('PATCH', 'behaviour', { patients: [] })).status).toBe(200);
	});

	it.each(['abc', '-1', '1.5', ''])('take no request number "%s"', async (after) => {
		const { status, json } = await admin('GET', `requests?after=${after}`);
		expect([status, json?.detail]).toEqual([400, [expect.objectContaining({ loc: ['query', 'after'] })]]);
	});

	it('show the requests so far, or since one of them', async () => {
		await world.mesh.call({ path: 'X26ABC1/count' });
		const requests = (await admin('GET', 'requests')).json?.requests as Array<{ id: number; call: string; outcome: string }>;
		expect(requests[0]).toMatchObject({ call: 'count', outcome: 'ok', status: 200, mailboxId: 'X26ABC1' });
		expect(((await admin('GET', `requests?after=${requests[0].id}`)).json?.requests as Array<{ call: string }>)[0].call).toBe('other');
	});

	it('reset one mailbox or everything', async () => {
		const sent = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x' });
		const other = await world.sandbox.putMessage({ to: 'X26ABC3', from: 'X26ABC2', content: 'x' });
		expect((await admin('DELETE', 'reset/X26ABC1')).status).toBe(200);
		expect(['X26ABC1', 'X26ABC2', 'X26ABC3'].map((mailbox) => world.sandbox.inbox(mailbox))).toEqual([[], [sent], [other]]);
		expect((await admin('DELETE', 'reset/NOWHERE')).status).toBe(404);
		expect((await admin('DELETE', 'reset')).status).toBe(200);
		expect(world.sandbox.inbox('X26ABC3')).toEqual([]);
	});

	it('refuse what is not a JSON object, and pages of other sites in a browser on this machine', async () => {
		expect((await world.mesh.call({ method: 'POST', path: 'admin/clock', as: null, body: 'not json' })).status).toBe(400);
		expect((await world.mesh.call({ method: 'POST', path: 'admin/clock', as: null, body: '[]' })).status).toBe(400);
		expect((await admin('GET', 'clock', undefined, { origin: 'https://example.org' })).status).toBe(403);
		await withSandbox({ tls: false }, async (mesh) => {
			expect((await mesh.call({ path: 'admin/clock', as: null, headers: { host: 'rebound.example' } })).status).toBe(403);
		});
		expect((await admin('GET', 'clock', undefined, { origin: world.sandbox.url })).status).toBe(200);
	});
});
