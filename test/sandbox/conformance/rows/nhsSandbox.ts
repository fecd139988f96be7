import { row, type Topic, type World } from '../world';
import type { Reply } from '../../support/caller';

const admin = (world: World, method: string, path: string, body?: unknown): Promise<Reply> =>
	world.mesh.call({ method, path: `admin/${path}`, as: null, body: body === undefined ? undefined : JSON.stringify(body) });

const rich = async (world: World, box: string, query = '') =>
	(await world.get(`X26ABC1/${box}/rich${query}`)).json as unknown as {
		valid_at: string;
		messages: Array<Record<string, unknown>>;
		links: Record<string, string>;
	};

export const nhsSandbox: Topic = {
	title: 'The NHS sandbox as a test target',
	rows: [
		row('as the NHS sandbox: a local ID with a slash leads to no route, whose 404 is not MESH’s "none"', async (world) => {
			await world.send({ 'mex-localid': 'A/1' });
			const track = async () => {
				const { status, json } = await world.get('X26ABC1/outbox/tracking/A%2F1');
				return [status, json.detail ?? json.localId];
			};
			expect(await track()).toEqual([200, 'A/1']);
			expect((await world.get('X26ABC1/outbox/tracking/B%2F1')).json).toEqual({ detail: [{ event: '', code: '', msg: 'Not Found' }] });
			world.switch({ encodedSlash: 'separator' });
			expect(await track()).toEqual([404, 'Not Found']);
			expect((await world.get('X26ABC1/outbox/tracking/A%2F')).status).toBe(307);
		}),
		row('its three mailboxes are there with their organisations, password and shared key', async (world) => {
			for (const [mailbox, odsCode] of [
				['X26ABC1', 'X26'],
				['X26ABC2', 'X26'],
				['X26ABC3', 'X27'],
			]) {
				expect((await world.get(`${mailbox}/count`)).status).toBe(200);
				expect((await admin(world, 'GET', `mailbox/${mailbox}`)).json).toMatchObject({ mailbox_id: mailbox, ods_code: odsCode });
			}
		}),
		row('its workflows have the same receivers', async (world) => {
			const receivers: Record<string, unknown> = {};
			for (const workflow of ['TEST_WORKFLOW', 'TEST_WORKFLOW_ACK', 'TEST_WORKFLOW2']) {
				const { results } = (await world.get(`workflowsearch/${workflow}`)).json as { results: Array<{ mailbox_id: string }> };
				receivers[workflow] = results.map(({ mailbox_id: id }) => id);
			}
			expect(receivers).toEqual({
				TEST_WORKFLOW: ['X26ABC2'],
				TEST_WORKFLOW_ACK: ['X26ABC1', 'X26ABC3'],
				TEST_WORKFLOW2: ['X26ABC1', 'X26ABC2', 'X26ABC3'],
			});
		}),
		row('workflows are not enforced on sending unless asked', async (world) =>
			expect((await world.post({ 'mex-workflowid': 'ANYTHING' })).status).toBe(202),
		),
		row('reset clears everything, or what one mailbox received and not what it sent; an unknown one is 404', async (world) => {
			await world.send();
			await world.send({ 'mex-to': 'X26ABC1' });
			expect((await admin(world, 'DELETE', 'reset/X26ABC2')).status).toBe(200);
			expect([await world.mesh.list('X26ABC2'), (await world.mesh.list('X26ABC1')).length]).toEqual([[], 1]);
			await world.mesh.send('X26ABC2', 'X26ABC1', 'x');
			const unfinished = await world.startUpload(2);
			expect((await admin(world, 'DELETE', 'reset/X26ABC2')).status).toBe(200);
			expect((await world.mesh.list('X26ABC1')).length).toBe(2);
			expect(world.sandbox.message(unfinished)).toBeUndefined();
			expect((await admin(world, 'DELETE', 'reset')).status).toBe(200);
			expect(await world.mesh.list('X26ABC1')).toEqual([]);
			expect((await admin(world, 'DELETE', 'reset/NOBODY')).status).toBe(404);
		}),
		row('its admin calls are below /admin too, and a mailbox below /messageexchange/mailbox', async (world) => {
			const id = await world.send();
			const plain = (method: string, path: string, body?: unknown) => admin(world, method, `../../${path}`, body);
			for (const path of ['admin/mailbox/X26ABC2', 'messageexchange/mailbox/X26ABC2'])
				expect((await plain('GET', path)).json).toMatchObject({ mailbox_id: 'X26ABC2', inbox_count: 1 });
			expect((await plain('GET', `admin/message/${id}`)).json).toMatchObject({ messageId: id });
			expect((await plain('POST', `admin/message/${id}/event`, { status: 'undeliverable' })).status).toBe(200);
			expect(world.sandbox.message(id)?.status).toBe('undeliverable');
			expect((await plain('POST', 'admin/report', { mailbox_id: 'X26ABC1', code: '21', description: 'D', workflow_id: 'W' })).status).toBe(
				200,
			);
			expect((await plain('DELETE', 'admin/reset/X26ABC1')).status).toBe(200);
			expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
			expect((await plain('DELETE', 'admin/reset')).status).toBe(200);
			expect(world.sandbox.message(id)).toBeUndefined();
			for (const path of ['admin/mailbox/NOBODY', 'messageexchange/mailbox/NOBODY', 'admin/message/NONE'])
				expect([path, (await plain('GET', path)).status]).toEqual([path, 404]);
			expect((await plain('GET', 'admin/reset')).headers.allow).toBe('DELETE');
		}),
		row('an empty workflow ID of a message or a report that is put is 400, unless empty ones are accepted', async (world) => {
			const put = async () => [
				(await admin(world, 'POST', 'message', { to: 'X26ABC1', content: 'x', workflow_id: ' ' })).status,
				(await admin(world, 'POST', 'report', { mailbox_id: 'X26ABC1', code: '21', description: 'D', workflow_id: '' })).status,
			];
			expect(await put()).toEqual([400, 400]);
			world.switch({ emptyWorkflowId: 'accepted' });
			expect(await put()).toEqual([200, 200]);
		}),
		row('a report is put with code, description, workflow and more, and answered with its ID', async (world) => {
			const body = {
				mailbox_id: 'X26ABC1',
				code: '21',
				description: 'Words',
				workflow_id: 'W',
				subject: 'S',
				local_id: 'L',
				file_name: 'F',
				linked_message_id: 'M',
				status: 'error',
			};
			const { status, json } = await admin(world, 'POST', 'report', body);
			expect(status).toBe(200);
			expect((await world.get(`X26ABC1/inbox/${String(json.message_id)}`)).headers).toMatchObject({
				'mex-messagetype': 'REPORT',
				'mex-statuscode': '21',
				'mex-statusdescription': 'Words',
				'mex-workflowid': 'W',
				'mex-subject': 'S',
				'mex-localid': 'L',
				'mex-filename': 'F',
				'mex-linkedmsgid': 'M',
			});
		}),
		row('as the NHS sandbox: only a report with status "error" says what went wrong', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const code = async (status?: string) => {
				const { json } = await admin(world, 'POST', 'report', {
					mailbox_id: 'X26ABC1',
					code: '21',
					description: 'D',
					workflow_id: 'W',
					linked_message_id: 'M',
					status,
				});
				const { headers } = await world.get(`X26ABC1/inbox/${String(json.message_id)}`);
				return [headers['mex-messagetype'], headers['mex-statuscode'], headers['mex-linkedmsgid']];
			};
			expect([await code('error'), await code('undeliverable'), await code()]).toEqual([
				['REPORT', '21', 'M'],
				['REPORT', undefined, undefined],
				['REPORT', undefined, undefined],
			]);
			expect(
				(await admin(world, 'POST', 'report', { mailbox_id: 'X26ABC1', code: '21', description: 'D', workflow_id: 'W', status: 'lost' }))
					.status,
			).toBe(400);
		}),
		row('details of a mailbox and of a message; what is unknown is 404', async (world) => {
			const id = await world.send();
			expect((await admin(world, 'GET', `message/${id}`)).json).toMatchObject({ messageId: id, status: 'accepted' });
			for (const path of ['mailbox/NOBODY', 'message/NONE']) expect([path, (await admin(world, 'GET', path)).status]).toEqual([path, 404]);
			expect((await admin(world, 'POST', 'message/NONE/event', { status: 'accepted' })).status).toBe(404);
			expect((await admin(world, 'POST', `message/${id}/event`, {})).status).toBe(400);
		}),
		row('a report without a required field is 400', async (world) => {
			const whole: Record<string, string> = { mailbox_id: 'X26ABC1', code: '21', description: 'D', workflow_id: 'W' };
			for (const name of Object.keys(whole)) {
				const rest = Object.fromEntries(Object.entries(whole).filter(([each]) => each !== name));
				expect([name, (await admin(world, 'POST', 'report', rest)).status]).toEqual([name, 400]);
			}
		}),
		row('an event adds a status; accepted puts an acknowledged message back', async (world) => {
			const id = await world.send();
			await world.mesh.acknowledge('X26ABC2', id);
			expect((await admin(world, 'POST', `message/${id}/event`, { status: 'accepted' })).status).toBe(200);
			expect(await world.mesh.list('X26ABC2')).toEqual([id]);
			await admin(world, 'POST', `message/${id}/event`, {
				status: 'error',
				code: '11',
				event: 'SEND',
				description: 'D',
				linked_message_id: 'M',
			});
			expect((await admin(world, 'GET', `message/${id}`)).json).toMatchObject({ status: 'error', statusCode: '11', linkedMessageId: 'M' });
		}),
		row('rich views show everything of 30 days, newest first, acknowledged included, in version 2 always', async (world) => {
			const first = await world.send();
			const second = await world.send();
			await world.mesh.acknowledge('X26ABC2', first);
			const reply = await world.get('X26ABC1/outbox/rich', { accept: 'application/json' });
			expect(reply.headers['content-type']).toBe('application/vnd.mesh.v2+json');
			const { messages } = await rich(world, 'outbox');
			expect(messages.map(({ message_id: id, status }) => [id, status])).toEqual([
				[second, 'accepted'],
				[first, 'acknowledged'],
			]);
			expect(Object.keys(messages[0]).sort()).toEqual([
				'expiry_timestamp',
				'message_id',
				'message_type',
				'recipient',
				'recipient_name',
				'sender',
				'sender_name',
				'sent_date',
				'status',
				'status_code',
				'total_chunks',
				'workflow_id',
			]);
		}),
		row('rich views have pages and a start time, with other limits for inbox and outbox', async (world) => {
			for (let number = 0; number < 3; number++) await world.send({ 'mex-to': 'X26ABC1' });
			const { messages, links } = await rich(world, 'inbox', '?max_results=2');
			const next = (await world.get(links.next.replace('/messageexchange/', ''))).json as { messages: unknown[]; links: object };
			expect([messages.length, next.messages.length, 'next' in next.links]).toEqual([2, 1, false]);
			const earlier = new Date(world.sandbox.clock.now() - 60_000).toISOString();
			expect((await rich(world, 'inbox', `?max_results=2&start_time=${earlier}`)).links.next).toContain(
				`&start_time=${encodeURIComponent(earlier)}&continue_from=`,
			);
			const later = new Date(world.sandbox.clock.now() + 60_000).toISOString();
			expect((await rich(world, 'inbox', `?start_time=${later}`)).messages).toEqual([]);
			const statuses: number[] = [];
			for (const path of [
				'inbox/rich?max_results=0',
				'inbox/rich?max_results=2001',
				'outbox/rich?max_results=9',
				'outbox/rich?max_results=5001',
				'outbox/rich?max_results=5000',
			])
				statuses.push((await world.get(`X26ABC1/${path}`)).status);
			expect(statuses).toEqual([400, 400, 400, 400, 200]);
		}),
	],
};
