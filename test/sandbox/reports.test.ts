import { isNhsNumber } from '../../sandbox/store/recipients';
import { withSandbox, type Caller } from './support/caller';

const DAY_MS = 24 * 60 * 60 * 1000;
const EXPIRED = 'Message not collected by recipient after 5 days';

/** The headers of the only message in the first mailbox. */
const onlyReport = async (mesh: Caller) => {
	const ids = await mesh.list('X26ABC1');
	expect(ids.length).toBe(1);
	const reply = await mesh.call({ path: `X26ABC1/inbox/${ids[0]}` });
	expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([200, '', undefined]);
	return reply.headers;
};

describe('a report', () => {
	it('is a 200 without body or content type that says it all in headers, for any chunk number', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const id = await sandbox.putReport({ to: 'X26ABC1', linkedMessageId: 'FAILED', workflowId: 'WF', localId: 'L', subject: 'S' });
			const headers = await onlyReport(mesh);
			expect(headers).toMatchObject({
				'mex-messageid': id,
				'mex-messagetype': 'REPORT',
				'mex-linkedmsgid': 'FAILED',
				'mex-localid': 'L',
				'mex-workflowid': 'WF',
				'mex-subject': 'S',
				'mex-statussuccess': 'ERROR',
				'mex-statuscode': '14',
				'mex-statusdescription': EXPIRED,
				'mex-statusevent': 'SEND',
				'mex-to': 'X26ABC1',
				'mex-chunk-range': '1:0',
				'mex-total-chunks': '0',
				'mex-filename': `${id}.dat`,
				'mex-addresstype': 'ALL',
				'mex-version': '1.0',
			});
			expect(headers['mex-from']).toBeUndefined();
			expect((await mesh.call({ path: `X26ABC1/inbox/${id}/7` })).status).toBe(200);
			expect((await mesh.acknowledge('X26ABC1', id)).status).toBe(200);
			expect(await mesh.list('X26ABC1')).toEqual([]);
		});
	});

	it('names the intended receiver in mex-to where the published text is followed', async () => {
		await withSandbox({ behaviour: { reportTo: 'failedReceiver' } }, async (mesh, sandbox) => {
			await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.clock.advance(5 * DAY_MS);
			expect((await onlyReport(mesh))['mex-to']).toBe('X26ABC2');
		});
	});
});

describe('expiry', () => {
	it('comes five days after delivery: out of the inbox, 410, and a code-14 report to the sender', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x', { 'mex-localid': 'L', 'mex-subject': 'S' });
			sandbox.clock.advance(5 * DAY_MS - 60_000);
			expect(await mesh.list('X26ABC2')).toEqual([id]);
			sandbox.clock.advance(60_000);
			expect(await mesh.list('X26ABC2')).toEqual([]);
			expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).status).toBe(410);
			expect(await onlyReport(mesh)).toMatchObject({
				'mex-linkedmsgid': id,
				'mex-localid': 'L',
				'mex-subject': 'S',
				'mex-statuscode': '14',
				'mex-statusdescription': EXPIRED,
			});
			const tracked = (await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}` })).json;
			expect(tracked).toMatchObject({ status: 'undeliverable', status_success: false, status_code: '14' });
		});
	});

	it('does not come for what was acknowledged, and is not stopped by a mere download', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const [acknowledged, downloaded] = [await mesh.send('X26ABC1', 'X26ABC2', 'a'), await mesh.send('X26ABC1', 'X26ABC2', 'b')];
			await mesh.acknowledge('X26ABC2', acknowledged);
			await mesh.call({ path: `X26ABC2/inbox/${downloaded}` });
			sandbox.clock.advance(6 * DAY_MS);
			expect((await onlyReport(mesh))['mex-linkedmsgid']).toBe(downloaded);
			expect(sandbox.message(acknowledged)?.status).toBe('acknowledged');
		});
	});

	it('of a report makes no further report, and 30 days after delivery everything is forgotten', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const report = await sandbox.putReport({ to: 'X26ABC2' });
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.clock.advance(5 * DAY_MS);
			expect(sandbox.message(report)?.status).toBe('undeliverable');
			expect(sandbox.messagesTo('X26ABC1').length).toBe(1);
			sandbox.clock.advance(25 * DAY_MS);
			expect(sandbox.message(id)).toBeUndefined();
			expect((await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}` })).status).toBe(404);
			await expect(sandbox.content(id)).rejects.toThrow('There is no message');
		});
	});

	it('can be undone by hand, and then comes five days later', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.clock.advance(5 * DAY_MS);
			await mesh.call({ method: 'POST', path: `admin/message/${id}/event`, as: null, body: '{"status":"accepted"}' });
			expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).text).toBe('x');
			sandbox.clock.advance(5 * DAY_MS);
			expect(sandbox.message(id)?.history.map(({ status }) => status)).toEqual([
				'uploading',
				'accepted',
				'undeliverable',
				'accepted',
				'undeliverable',
			]);
		});
	});
});

describe('a message to an inactive mailbox', () => {
	it('is accepted and comes back as a report', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			sandbox.putMailbox({ mailboxId: 'X26OFF', odsCode: 'X26', active: false });
			const id = await mesh.send('X26ABC1', 'X26OFF', 'x');
			expect(await onlyReport(mesh)).toMatchObject({
				'mex-linkedmsgid': id,
				'mex-statuscode': '14',
				'mex-statusdescription': 'Message was not collected as the mailbox is deactivated',
			});
			expect(sandbox.message(id)?.status).toBe('undeliverable');
		});
	});
});

describe('workflow permissions', () => {
	const HEADERS = { 'mex-to': 'X26ABC2' };
	const post = (mesh: Caller, workflow: string) =>
		mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...HEADERS, 'mex-workflowid': workflow }, body: 'x' });
	const restrictSender = { mailboxId: 'X26ABC1', odsCode: 'X26', sends: ['TEST_WORKFLOW2'] };

	it('are not checked unless switched on', async () => {
		await withSandbox({}, async (mesh) => expect((await post(mesh, 'UNHEARD_OF')).status).toBe(202));
	});

	it('refuse with 17 what the recipient is not registered for, and with 16 what the sender may not send', async () => {
		await withSandbox({ behaviour: { workflowPermissions: 'refusal' } }, async (mesh, sandbox) => {
			sandbox.putMailbox(restrictSender);
			const unregistered = await post(mesh, 'UNHEARD_OF');
			expect([unregistered.status, unregistered.json.detail]).toEqual([
				417,
				[{ event: 'SEND', code: '17', msg: 'Workflow ID not registered for mailbox' }],
			]);
			const forbidden = await post(mesh, 'TEST_WORKFLOW');
			expect([forbidden.status, forbidden.json.detail]).toEqual([
				417,
				[{ event: '', code: '16', msg: 'Sender is not allowed to send messages of this type' }],
			]);
			expect((await post(mesh, 'TEST_WORKFLOW2')).status).toBe(202);
		});
	});

	it('or report it after a 202, for chunked messages when the last chunk is in', async () => {
		await withSandbox({ behaviour: { workflowPermissions: 'report' } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-workflowid': 'UNHEARD_OF', 'mex-chunk-range': '1:2' });
			expect(sandbox.inbox('X26ABC1')).toEqual([]);
			expect((await mesh.sendChunk('X26ABC1', id, 2, 2, 'b')).status).toBe(202);
			expect(await onlyReport(mesh)).toMatchObject({ 'mex-linkedmsgid': id, 'mex-statuscode': '17' });
			expect([sandbox.message(id)?.status, sandbox.inbox('X26ABC2')]).toEqual(['error', []]);
		});
	});
});

describe('routing by GP practice', () => {
	const patient = (nhsNumber: string, mailboxes: string[]) => ({ nhsNumber, dateOfBirth: '19550109', surname: 'Smith', mailboxes });
	const patients = [patient('9434765919', ['X26ABC2']), patient('9434765870', []), patient('9434765943', ['X26ABC2', 'X26ABC3'])];
	const to = (nhsNumber: string, birth = '19550109', surname = 'Smith') => `GPPROVIDER_${nhsNumber}_${birth}_${surname}`;

	it('delivers to the practice of the patient, with the date of birth in either published form', async () => {
		await withSandbox({ behaviour: { patients } }, async (mesh, sandbox) => {
			const ids = [
				await mesh.send('X26ABC1', to('9434765919'), 'a'),
				await mesh.send('X26ABC1', to('9434765919', '09011955', 'SMITH'), 'b'),
			];
			expect(sandbox.inbox('X26ABC2')).toEqual(ids);
			expect(sandbox.message(ids[0])?.to).toBe('X26ABC2');
		});
	});

	it.each([
		['EPL-150', to('9434765943')],
		['EPL-151', to('9434765870')],
		['EPL-152', to('9434765918')],
		['EPL-153', to('9000000009')],
		['EPL-154', to('9434765919', '19550110')],
		['EPL-154', to('9434765919', '19550109', 'Jones')],
	])('reports %s for %s after a 202', async (code, recipient) => {
		await withSandbox({ behaviour: { patients } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', recipient, 'x');
			expect(await onlyReport(mesh)).toMatchObject({ 'mex-linkedmsgid': id, 'mex-statuscode': code });
			expect(JSON.stringify([sandbox.message(id), sandbox.requests])).not.toContain(recipient.split('_')[1]);
		});
	});

	it('is unknown to a sandbox without patients, which keeps no particulars either', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const reply = await mesh.call({
				method: 'POST',
				path: 'X26ABC1/outbox',
				headers: { 'mex-to': to('9434765919'), 'mex-workflowid': 'W' },
				body: 'x',
			});
			expect([reply.status, (reply.json.detail as Array<{ code: string }>)[0].code]).toEqual([417, '12']);
			expect(JSON.stringify([sandbox.message(String(reply.json.message_id)), sandbox.requests])).not.toContain('9434765919');
		});
	});

	it('knows a valid NHS number by its check digit', () => {
		expect(['9434765919', '9434765918', '943476591', '94347659199', 'abcdefghij'].map(isNhsNumber)).toEqual([
			true,
			false,
			false,
			false,
			false,
		]);
	});
});
