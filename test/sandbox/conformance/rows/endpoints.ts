import { expectRefusal, row, type Topic } from '../world';

const handshake = { 'mex-clientversion': 'c==1', 'mex-osname': 'Linux', 'mex-osversion': '6' };

export const endpoints: Topic = {
	title: 'Endpoints',
	rows: [
		...([1, 2] as const).map((version) =>
			row(`every call of the index answers with its own status in version ${version}`, async (world) => {
				const [id, chunked] = [await world.send({ 'mex-localid': 'L' }, 'x'), await world.startUpload(2)];
				const calls: Array<[string, string, number, Record<string, string>?]> = [
					['POST', 'X26ABC1', 200, handshake],
					['GET', 'X26ABC1', 200, handshake],
					['POST', 'X26ABC1/outbox', 202, { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' }],
					['POST', `X26ABC1/outbox/${chunked}/2`, 202, { 'mex-chunk-range': '2:2' }],
					['GET', 'X26ABC2/inbox', 200],
					['GET', 'X26ABC2/count', 200],
					['GET', `X26ABC2/inbox/${id}`, 200],
					['GET', `X26ABC2/inbox/${chunked}`, 206],
					['GET', `X26ABC2/inbox/${chunked}/1`, 206],
					['GET', `X26ABC2/inbox/${chunked}/2`, 200],
					['HEAD', `X26ABC2/inbox/${chunked}`, 200],
					['PUT', `X26ABC2/inbox/${id}/status/acknowledged`, 200],
					['GET', `X26ABC1/outbox/tracking?messageID=${id}`, 200],
					['GET', 'X26ABC1/outbox/tracking/L', 200],
					['GET', 'endpointlookup/X26/TEST_WORKFLOW', 200],
					['GET', 'workflowsearch/TEST_WORKFLOW', 200],
				];
				for (const [method, path, status, headers] of calls) {
					const as = /^(endpointlookup|workflowsearch)/.test(path) ? null : undefined;
					const reply = await world.get(path, headers, {
						method,
						version,
						as,
						body: method === 'POST' && path.includes('outbox') ? 'x' : undefined,
					});
					expect([method, path, reply.status]).toEqual([method, path, status]);
				}
			}),
		),
		row('mailbox and message ID may come in lower case in a path, and the message ID in a query', async (world) => {
			world.switch({ messageIds: 'hex' });
			const id = await world.send();
			expect((await world.get(`x26abc2/inbox/${id.toLowerCase()}`)).status).toBe(200);
			expect((await world.get(`X26ABC1/outbox/tracking?messageID=${id.toLowerCase()}`)).json.message_id).toBe(id);
		}),
		row('parts of a path may be percent-encoded', async (world) => {
			await world.send({ 'mex-localid': 'a/b c?d' });
			expect((await world.get(`X26ABC1/outbox/tracking/${encodeURIComponent('a/b c?d')}`)).json.localId).toBe('a/b c?d');
			expect((await world.get('X26%41BC1/count', {}, { as: 'X26ABC1' })).status).toBe(200);
		}),
		row('a path with a slash at its end is redirected with 307, query included', async (world) => {
			const reply = await world.get('X26ABC1/inbox/?max_results=10');
			expect([reply.status, reply.headers.location]).toEqual([307, '/messageexchange/X26ABC1/inbox?max_results=10']);
		}),
		row('a redirection never leads to another host', async (world) => {
			for (const path of ['..//evil.example/x/', '..///evil.example/x//']) {
				const reply = await world.get(path, {}, { as: null });
				expect([path, reply.status, reply.headers.location]).toEqual([path, 307, '/evil.example/x']);
			}
		}),
		row('an unknown path is 404 with a text as detail', async (world) => {
			for (const path of ['X26ABC1/drafts', 'X26ABC1/inbox/A/1/2', 'X26ABC1/outbox/tracking/a/b']) {
				const { status, json } = await world.get(path);
				expect([path, status, json]).toEqual([path, 404, { detail: 'Not Found' }]);
			}
		}),
		row('a wrong method is 405 with a text as detail, and Allow names the right ones', async (world) => {
			const wrong: Array<[string, string, string]> = [
				['DELETE', 'X26ABC1', 'POST, GET'],
				['POST', 'X26ABC1/inbox', 'GET'],
				['DELETE', 'X26ABC1/inbox/ID', 'GET, HEAD'],
				['GET', 'X26ABC1/outbox', 'POST'],
				['POST', 'X26ABC1/count', 'GET'],
				['GET', 'X26ABC1/inbox/ID/status/acknowledged', 'PUT'],
				['POST', 'workflowsearch/W', 'GET'],
			];
			for (const [method, path, allow] of wrong) {
				const { status, headers, json } = await world.get(path, {}, { method });
				expect([method, path, status, headers.allow, json]).toEqual([method, path, 405, allow, { detail: 'Method Not Allowed' }]);
			}
		}),
		row('so is a method that HTTP knows and MESH does not; on an unknown path it is 404', async (world) => {
			for (const method of ['TRACE', 'PROPFIND']) {
				for (const path of ['X26ABC1', 'X26ABC1/inbox', 'X26ABC1/outbox/ID/2', 'workflowsearch/W', '_ping']) {
					const { status, headers, json } = await world.get(path, {}, { method });
					expect([method, path, status, typeof headers.allow, json]).toEqual([
						method,
						path,
						405,
						'string',
						{ detail: 'Method Not Allowed' },
					]);
				}
				const unknown = await world.get('X26ABC1/drafts', {}, { method });
				expect([method, unknown.status, unknown.json]).toEqual([method, 404, { detail: 'Not Found' }]);
			}
		}),
		row('_ping says that the service is running', async (world) => {
			for (const path of ['_ping', '../_ping', '../health', '../healthcheck', '../_status']) {
				const { status, json } = await world.get(path, {}, { as: null });
				expect([status, Object.keys(json).sort(), json.status, json.outcome]).toEqual([
					200,
					['build_label', 'env', 'outcome', 'status'],
					'running',
					'Yes',
				]);
			}
		}),
		row("the Java client's update call is 200 without a body", async (world) => {
			const { status, text } = await world.get('X26ABC1/update', {}, { method: 'POST', body: '{}' });
			expect([status, text]).toEqual([200, '']);
		}),
	],
};

export const handshakes: Topic = {
	title: 'Handshake',
	rows: [
		...(['POST', 'GET'] as const).map((method) =>
			row(`${method} is 200: version 1 names the mailbox, version 2 has neither body nor content type`, async (world) => {
				const first = await world.v1('X26ABC1', handshake, { method });
				expect([first.status, first.json]).toEqual([200, { mailboxId: 'X26ABC1' }]);
				const second = await world.get('X26ABC1', handshake, { method });
				expect([second.status, second.text, second.headers['content-type']]).toEqual([200, '', undefined]);
			}),
		),
		...Object.keys(handshake).map((name) =>
			row(`${name} is required, but may be empty`, async (world) => {
				const without = Object.fromEntries(Object.entries(handshake).filter(([each]) => each !== name));
				const missing = await world.get('X26ABC1', without, { method: 'POST' });
				expect([missing.status, (missing.json.detail as Array<{ loc: string[] }>)[0].loc]).toEqual([400, ['header', name]]);
				expect((await world.get('X26ABC1', { ...handshake, [name]: '' }, { method: 'POST' })).status).toBe(200);
			}),
		),
		row('it is remembered as the last sign of life', async (world) => {
			const lastSeen = async () => (await world.get('admin/mailbox/X26ABC3', {}, { as: null })).json.last_handshake;
			expect(await lastSeen()).toBeNull();
			await world.get('X26ABC3', handshake, { method: 'POST' });
			expect(await lastSeen()).toMatch(/^\d{4}-\d\d-\d\dT/);
		}),
		row("a mailbox's settings may change without it being forgotten", async (world) => {
			await world.get('X26ABC2', handshake, { method: 'POST' });
			world.sandbox.putMailbox({ mailboxId: 'X26ABC2', odsCode: 'X26', name: 'Renamed' });
			expect((await world.get('admin/mailbox/X26ABC2', {}, { as: null })).json).toMatchObject({
				mailbox_name: 'Renamed',
				last_handshake: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
			});
		}),
		row('without a token it is 403', async (world) =>
			expectRefusal(
				await world.get('X26ABC1', handshake, { method: 'POST', as: null }),
				403,
				'',
				'',
				'Error reading from Authorization header',
			),
		),
		row('the other headers of clients are accepted: architecture, Java version, user agent', async (world) => {
			const more = { 'mex-osarchitecture': 'x86_64', 'mex-javaversion': 'N/A', 'user-agent': 'c;linux' };
			expect((await world.get('X26ABC1', { ...handshake, ...more }, { method: 'POST' })).status).toBe(200);
		}),
	],
};
