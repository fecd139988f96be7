import { expectGeneric, row, type Topic } from '../world';

const V1 = 'application/json';
const V2 = 'application/vnd.mesh.v2+json';

/** Refused for its parameter, and failing for its cursor. */
const INVALID = 'X26ABC1/inbox?max_results=9';
const FAILING = `X26ABC1/inbox?continue_from=${'x'.repeat(30)}`;

const means = (accept: string, version: 1 | 2) =>
	row(`Accept "${accept}" means version ${version}`, async (world) => {
		const { status, json } = await world.get('X26ABC1/inbox', { accept });
		expect([status, Object.keys(json).sort()]).toEqual([200, version === 1 ? ['messages'] : ['approx_inbox_count', 'links', 'messages']]);
	});

const malformed = (accept: string) =>
	row(`Accept "${accept}" is refused, in the shape of version 1`, async (world) => {
		const { status, json } = await world.get('X26ABC1/inbox', { accept });
		expect([status, json]).toEqual([400, { errorEvent: '', errorCode: '', errorDescription: 'Accept header api format incorrect' }]);
	});

export const versions: Topic = {
	title: 'Versions',
	rows: [
		means('*/*', 1),
		means('application/json', 1),
		means('application/vnd.mesh.v1+json', 1),
		means('application/vnd.mesh.v0+json', 1),
		means('application/vnd.mesh.v2+json', 2),
		means('application/vnd.mesh.v2+json;q=1', 2),
		means('application/vnd.mesh.v3+json', 2),
		row('no Accept at all means version 1', async (world) => {
			const id = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
			const authorization = (await import('../../support/caller')).token('X26ABC1', world.sandbox.clock.now());
			const { text } = await world.mesh.raw(['GET /messageexchange/X26ABC1/inbox HTTP/1.1', `authorization: ${authorization}`]);
			expect(text).toContain(`{"messages":["${id}"]}`);
		}),
		malformed('application/vnd.mesh.v2+json, application/json'),
		malformed('application/vnd.mesh.v2'),
		malformed('application/vnd.mesh.vX+json'),
		row('a malformed Accept is refused by every call that has versions, as by the NHS sandbox', async (world) => {
			const id = await world.send({ 'mex-localid': 'L' });
			const calls: Array<[string, string]> = [
				['GET', 'X26ABC1/inbox'],
				['GET', 'X26ABC1/count'],
				['GET', `X26ABC2/inbox/${id}`],
				['PUT', `X26ABC2/inbox/${id}/status/acknowledged`],
				['GET', `X26ABC1/outbox/tracking?messageID=${id}`],
				['GET', 'X26ABC1/outbox/tracking/L'],
				['GET', 'endpointlookup/X26/W'],
				['GET', 'workflowsearch/W'],
				['POST', 'X26ABC1/update'],
			];
			for (const answers of ['specification', 'nhsSandbox'] as const) {
				world.switch({ answers });
				for (const [method, path] of calls) {
					const { status, json } = await world.get(path, { accept: 'application/vnd.mesh.v2' }, { method });
					expect([answers, method, path, status, json.errorDescription]).toEqual([
						answers,
						method,
						path,
						400,
						'Accept header api format incorrect',
					]);
				}
			}
		}),
		row('HEAD ignores a malformed Accept', async (world) => {
			const id = await world.send();
			expect((await world.head(`X26ABC2/inbox/${id}`, { accept: 'application/vnd.mesh.v2' })).status).toBe(200);
		}),
		row('as the NHS sandbox: tracking in version 3 is 500', async (world) => {
			const id = await world.send();
			const track = () => world.get(`X26ABC1/outbox/tracking?messageID=${id}`, { accept: 'application/vnd.mesh.v3+json' });
			expect((await track()).json.message_id).toBe(id);
			world.switch({ answers: 'nhsSandbox' });
			expectGeneric(await track(), 500);
		}),
		row('answers carry the media type of their version, refusals too', async (world) => {
			const types = async (version: 1 | 2) => {
				const sent = await world.post({}, 'x', { version });
				const paths = ['X26ABC1/count', 'X26ABC1/inbox', 'X26ABC1/inbox/NONE', INVALID, FAILING];
				const replies = [sent, ...(await Promise.all(paths.map((path) => world.get(path, {}, { version }))))];
				return replies.map(({ headers }) => headers['content-type']);
			};
			expect(await types(1)).toEqual([V1, V1, V1, V1, V1, V1]);
			expect(await types(2)).toEqual([V2, V2, V2, V2, V2, V2]);
		}),
		row('as the NHS sandbox: validation errors and "internal error" are plain JSON in version 2 as well', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const replies = [await world.get(INVALID), await world.get(FAILING), await world.get('X26ABC1/inbox/NONE')];
			expect(replies.map(({ status, headers }) => [status, headers['content-type']])).toEqual([
				[400, V1],
				[500, V1],
				[404, V2],
			]);
		}),
		row('as the NHS sandbox: version 2 answers of send, count and look-ups are plain JSON; inbox and tracking are not', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const sent = await world.post();
			const paths = [
				'X26ABC1/count',
				'endpointlookup/X26/TEST_WORKFLOW',
				'workflowsearch/TEST_WORKFLOW',
				'X26ABC1/inbox',
				`X26ABC1/outbox/tracking?messageID=${String(sent.json.message_id)}`,
			];
			const types = [sent.headers['content-type']];
			for (const path of paths) types.push((await world.get(path)).headers['content-type']);
			expect(types).toEqual([V1, V1, V1, V1, V2, V2]);
		}),
	],
};
