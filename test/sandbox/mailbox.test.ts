import { sandboxForTests, withSandbox } from './support/caller';

const CLIENT = { 'mex-clientversion': 'tests==1', 'mex-osname': 'Linux', 'mex-osversion': '6' };

describe('handshake', () => {
	const world = sandboxForTests();

	it.each(['GET', 'POST'])('by %s answers the mailbox ID in v1 and nothing at all in v2', async (method) => {
		const v1 = await world.mesh.call({ method, path: 'X26ABC1', version: 1, headers: CLIENT });
		expect([v1.status, v1.json]).toEqual([200, { mailboxId: 'X26ABC1' }]);
		const v2 = await world.mesh.call({ method, path: 'x26abc1', headers: CLIENT });
		expect([v2.status, v2.text, v2.headers['content-type']]).toEqual([200, '', undefined]);
	});

	it('names every missing header in one validation error, and takes empty ones', async () => {
		const reply = await world.mesh.call({ method: 'POST', path: 'X26ABC1' });
		expect(reply.status).toBe(400);
		expect((reply.json.detail as Array<{ loc: string[] }>).map(({ loc }) => loc)).toEqual([
			['header', 'mex-clientversion'],
			['header', 'mex-osname'],
			['header', 'mex-osversion'],
		]);
		const headers = { 'mex-clientversion': '', 'mex-osname': '', 'mex-osversion': '' };
		expect((await world.mesh.call({ method: 'POST', path: 'X26ABC1', headers })).status).toBe(200);
	});

	it('is remembered as the time the mailbox was last seen', async () => {
		const mailbox = await world.mesh.call({ path: 'admin/mailbox/X26ABC1', as: null });
		expect(mailbox.json).toMatchObject({ mailbox_id: 'X26ABC1', ods_code: 'X26', last_handshake: expect.stringMatching(/^\d{4}-/) as string });
	});
});

describe('count', () => {
	const world = sandboxForTests();

	it('counts what waits, in the shape of each version', async () => {
		const ids = [await world.sandbox.putMessage({ to: 'X26ABC2', content: 'a' }), await world.sandbox.putReport({ to: 'X26ABC2' })];
		expect((await world.mesh.call({ path: 'X26ABC2/count' })).json).toEqual({ count: 2 });
		await world.mesh.acknowledge('X26ABC2', ids[0]);
		const v1 = (await world.mesh.call({ path: 'X26ABC2/count', version: 1 })).json;
		expect(v1).toEqual({ count: 1, internalID: expect.any(String) as string, allResultsIncluded: true });
	});
});

describe('look-ups', () => {
	const world = sandboxForTests();

	it('find the mailboxes of an organisation that receive a workflow, without a token', async () => {
		const v2 = await world.mesh.call({ path: 'endpointlookup/X26/TEST_WORKFLOW2', as: null });
		expect(v2.json).toEqual({ results: [{ mailbox_id: 'X26ABC1', mailbox_name: 'TESTMB1' }, { mailbox_id: 'X26ABC2', mailbox_name: 'TESTMB2' }] });
		const v1 = await world.mesh.call({ path: 'endpointlookup/X26/TEST_WORKFLOW', as: null, version: 1 });
		expect(v1.json).toEqual({ query_id: expect.any(String) as string, results: [{ address: 'X26ABC2', description: 'TESTMB2', endpoint_type: 'MESH' }] });
	});

	it('answer an empty list, not 404, when nobody does or the case differs', async () => {
		for (const path of ['endpointlookup/X26/NONE', 'endpointlookup/x26/TEST_WORKFLOW', 'workflowsearch/NONE']) {
			expect((await world.mesh.call({ path, as: null })).json).toEqual({ results: [] });
		}
	});

	it('refuse blank values', async () => {
		const texts = ['endpointlookup/%20/W', 'endpointlookup/X26/%20', 'workflowsearch/%20'].map(async (path) => (await world.mesh.call({ path, as: null })).text);
		expect(await Promise.all(texts)).toEqual([expect.stringContaining('ods code missing'), expect.stringContaining('workflow id missing'), expect.stringContaining('workflow id missing')]);
	});

	it('search by workflow with the same body in both versions', async () => {
		const results = [{ mailbox_id: 'X26ABC1', mailbox_name: 'TESTMB1' }, { mailbox_id: 'X26ABC3', mailbox_name: 'TESTMB3' }];
		for (const version of [1, 2] as const) expect((await world.mesh.call({ path: 'workflowsearch/TEST_WORKFLOW_ACK', as: null, version })).json).toEqual({ results });
	});
});

describe('paths', () => {
	const world = sandboxForTests();

	it('answer liveness without a token', async () => {
		expect((await world.mesh.call({ path: '_ping', as: null })).json).toMatchObject({ status: 'running', outcome: 'Yes' });
	});

	it('take what the Java client says about itself', async () => {
		const reply = await world.mesh.call({ method: 'POST', path: 'X26ABC1/update', body: '{}', headers: { 'content-type': 'application/json' } });
		expect([reply.status, reply.text]).toEqual([200, '']);
	});

	it('are redirected when they end in a slash, with the query kept', async () => {
		const reply = await world.mesh.call({ path: 'X26ABC1/inbox/?max_results=10' });
		expect([reply.status, reply.headers.location]).toEqual([307, '/messageexchange/X26ABC1/inbox?max_results=10']);
		expect((await world.mesh.call({ path: 'X26ABC1/' })).headers.location).toBe('/messageexchange/X26ABC1');
	});

	it('that do not exist are 404, wrong methods 405, both with a text for a detail', async () => {
		expect((await world.mesh.call({ path: 'X26ABC1/nowhere' })).json).toEqual({ detail: 'Not Found' });
		expect((await world.mesh.call({ path: '%zz' })).json).toEqual({ detail: 'Not Found' });
		const wrong = await world.mesh.call({ method: 'DELETE', path: 'X26ABC1/inbox' });
		expect([wrong.status, wrong.json]).toEqual([405, { detail: 'Method Not Allowed' }]);
		expect((await world.mesh.call({ method: 'HEAD', path: 'X26ABC1/inbox' })).status).toBe(405);
	});

	it('accept any content type, even a malformed one, since only the bytes matter', async () => {
		const reply = await world.mesh.call({ method: 'POST', path: 'not/a/known/path/at/all', body: 'x', headers: { 'content-type': ';;' } });
		expect(reply.status).toBe(404);
		await expect(world.mesh.send('X26ABC1', 'X26ABC2', 'x', { 'content-type': ';;' })).resolves.toEqual(expect.any(String));
	});
});

describe('the rate limit', () => {
	it('answers 429 with Retry-After beyond so many requests, until the window is over', async () => {
		await withSandbox({ behaviour: { rateLimit: { requests: 2, perMs: 1000, retryAfterSeconds: 7 } }, now: () => Date.UTC(2026, 0, 1) }, async (mesh, sandbox) => {
			const statuses = [];
			for (let i = 0; i < 3; i++) statuses.push((await mesh.call({ path: 'X26ABC1/count' })).status);
			expect(statuses).toEqual([200, 200, 429]);
			expect((await mesh.call({ path: 'X26ABC1/count' })).headers['retry-after']).toBe('7');
			expect((await mesh.call({ path: 'X26ABC2/count' })).status).toBe(200);
			sandbox.clock.advance(1000);
			expect((await mesh.call({ path: 'X26ABC1/count' })).status).toBe(200);
		});
	});
});
