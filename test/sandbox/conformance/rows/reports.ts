import { expectRefusal, row, type Topic, type World } from '../world';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Failures that MESH may report and that nothing else here brings about. */
const CODES = [
	['SEND', '07', 'Invalid From Address in the control file'],
	['SEND', '09', 'Invalid version of the control file'],
	['SEND', '11', 'Invalid Message Type for the transfer (should be DATA)'],
	['SEND', '12', 'Cannot send messages to internal mailbox'],
	['', '15', 'Bad CP-IS file'],
	['', '16', 'Sender is not allowed to send messages of this type'],
	['SEND', '18', 'ONS Civil Registration for the workflow is not enabled via MESH'],
	['SEND', '19', 'Invalid expiry period'],
	['SEND', 'Invalid file format', 'File Level Error (file not formed correctly)'],
] as const;

/** An uncollected message of X26ABC1, and the report about it. */
async function expired(world: World): Promise<{ id: string; report: string }> {
	const id = await world.send({ 'mex-localid': 'L', 'mex-subject': 'S' });
	world.sandbox.clock.advance(5 * DAY_MS);
	const [report] = await world.mesh.list('X26ABC1');
	return { id, report };
}

export const reports: Topic = {
	title: 'Reports and expiry',
	rows: [
		row('a report is 200 with an empty body and no content type', async (world) => {
			const report = await world.sandbox.putReport({ to: 'X26ABC1' });
			const { status, text, headers } = await world.get(`X26ABC1/inbox/${report}`);
			expect([status, text, headers['content-type'], headers['mex-messagetype']]).toEqual([200, '', undefined, 'REPORT']);
		}),
		row('its headers say which message failed, and repeat its local ID, workflow and subject', async (world) => {
			const { id, report } = await expired(world);
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers).toMatchObject({
				'mex-messageid': report,
				'mex-linkedmsgid': id,
				'mex-localid': 'L',
				'mex-workflowid': 'TEST_WORKFLOW',
				'mex-subject': 'S',
				'mex-statussuccess': 'ERROR',
				'mex-statuscode': '14',
				'mex-statusevent': 'SEND',
				'mex-statusdescription': 'Message not collected by recipient after 5 days',
				'mex-statustimestamp': expect.stringMatching(/^\d{14}$/),
			});
		}),
		row('it has no sender, a file name, and the ranges 1:0 and 0', async (world) => {
			const report = await world.sandbox.putReport({ to: 'X26ABC1' });
			const { headers } = await world.get(`X26ABC1/inbox/${report}`);
			expect(headers).toMatchObject({
				'mex-chunk-range': '1:0',
				'mex-total-chunks': '0',
				'mex-filename': `${report}.dat`,
				'mex-version': '1.0',
				'mex-addresstype': 'ALL',
			});
			expect(headers['mex-from']).toBeUndefined();
		}),
		row('mex-to is the mailbox the report is in, or the failed receiver (a switch)', async (world) => {
			const { report } = await expired(world);
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers['mex-to']).toBe('X26ABC1');
			world.switch({ reportTo: 'failedReceiver' });
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers['mex-to']).toBe('X26ABC2');
		}),
		row('any chunk number of a report is 200 and empty', async (world) => {
			const report = await world.sandbox.putReport({ to: 'X26ABC1' });
			for (const chunk of [1, 2, 99]) {
				const { status, text } = await world.get(`X26ABC1/inbox/${report}/${chunk}`);
				expect([status, text]).toEqual([200, '']);
			}
		}),
		row('a report stays in the inbox until it is acknowledged', async (world) => {
			const report = await world.sandbox.putReport({ to: 'X26ABC1' });
			await world.get(`X26ABC1/inbox/${report}`);
			expect(await world.mesh.list('X26ABC1')).toEqual([report]);
			await world.mesh.acknowledge('X26ABC1', report);
			expect(await world.mesh.list('X26ABC1')).toEqual([]);
		}),
		row('a message waits for five days and not longer; downloading does not stop the clock', async (world) => {
			const id = await world.send();
			world.sandbox.clock.advance(5 * DAY_MS - 60_000);
			expect((await world.get(`X26ABC2/inbox/${id}`)).status).toBe(200);
			world.sandbox.clock.advance(60_000);
			expect(await world.mesh.list('X26ABC2')).toEqual([]);
			expect(world.sandbox.message(id)?.status).toBe('undeliverable');
		}),
		row('an acknowledged message does not expire', async (world) => {
			const id = await world.send();
			await world.mesh.acknowledge('X26ABC2', id);
			world.sandbox.clock.advance(6 * DAY_MS);
			expect([world.sandbox.message(id)?.status, await world.mesh.list('X26ABC1')]).toEqual(['acknowledged', []]);
		}),
		row('an uncollected report expires without a report about it', async (world) => {
			await world.sandbox.putReport({ to: 'X26ABC1' });
			world.sandbox.clock.advance(5 * DAY_MS);
			expect([await world.mesh.list('X26ABC1'), await world.mesh.list('X26ABC2')]).toEqual([[], []]);
		}),
		row('an upload that was never finished neither arrives nor is reported', async (world) => {
			const id = await world.startUpload(2);
			world.sandbox.clock.advance(6 * DAY_MS);
			expect([world.sandbox.message(id)?.status, await world.mesh.list('X26ABC1')]).toEqual(['uploading', []]);
		}),
		row('after 30 days a message is forgotten', async (world) => {
			const id = await world.send();
			await world.mesh.acknowledge('X26ABC2', id);
			world.sandbox.clock.advance(30 * DAY_MS - 60_000);
			expect((await world.get(`X26ABC1/outbox/tracking?messageID=${id}`)).status).toBe(200);
			world.sandbox.clock.advance(60_000);
			expectRefusal(await world.get(`X26ABC1/outbox/tracking?messageID=${id}`), 404, '', '', 'Not Found');
			expectRefusal(await world.get(`X26ABC2/inbox/${id}`), 404, 'RECEIVE', '20', 'Message does not exist');
		}),
		row('a message put back is kept for 30 days more, and the others are forgotten all the same', async (world) => {
			const { id: first } = await expired(world);
			const second = await world.send();
			world.sandbox.clock.advance(10 * DAY_MS);
			await world.mesh.call({ method: 'POST', path: `admin/message/${first}/event`, as: null, body: '{"status":"accepted"}' });
			world.sandbox.clock.advance(20 * DAY_MS);
			expect([world.sandbox.message(first)?.status, world.sandbox.message(second)]).toEqual(['undeliverable', undefined]);
			world.sandbox.clock.advance(10 * DAY_MS);
			expect(world.sandbox.message(first)).toBeUndefined();
		}),
		row('expiry and deletion count from each delivery, in whatever order messages were sent', async (world) => {
			world.switch({ deliveryDelayMs: 10 * DAY_MS });
			const late = await world.send();
			world.switch({ deliveryDelayMs: 0 });
			const prompt = await world.send();
			world.sandbox.clock.advance(5 * DAY_MS);
			expect([world.sandbox.message(prompt)?.status, world.sandbox.message(late)?.status]).toEqual(['undeliverable', 'accepted']);
			world.sandbox.clock.advance(25 * DAY_MS);
			expect([world.sandbox.message(prompt), world.sandbox.message(late)?.status]).toEqual([undefined, 'undeliverable']);
			world.sandbox.clock.advance(10 * DAY_MS);
			expect(world.sandbox.message(late)).toBeUndefined();
		}),
		row('in between it can be put back into the inbox', async (world) => {
			const { id } = await expired(world);
			await world.mesh.call({ method: 'POST', path: `admin/message/${id}/event`, as: null, body: '{"status":"accepted"}' });
			expect(await world.mesh.list('X26ABC2')).toEqual([id]);
			expect((await world.get(`X26ABC2/inbox/${id}`)).text).toBe('x');
		}),
		row('a message to a deactivated mailbox is accepted, and reported with another text of code 14', async (world) => {
			world.sandbox.putMailbox({ mailboxId: 'X26ABC2', odsCode: 'X26', active: false });
			const id = await world.send();
			const [report] = await world.mesh.list('X26ABC1');
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers).toMatchObject({
				'mex-linkedmsgid': id,
				'mex-statuscode': '14',
				'mex-statusdescription': 'Message was not collected as the mailbox is deactivated',
			});
			expect((await world.get(`X26ABC1/outbox/tracking?messageID=${id}`)).json.status).toBe('undeliverable');
		}),
		row('a message whose mailbox is deactivated while it waits is reported so when it expires', async (world) => {
			const id = await world.send();
			world.sandbox.putMailbox({ mailboxId: 'X26ABC2', odsCode: 'X26', active: false });
			expect([world.sandbox.message(id)?.status, await world.mesh.list('X26ABC1')]).toEqual(['accepted', []]);
			world.sandbox.clock.advance(5 * DAY_MS);
			const [report] = await world.mesh.list('X26ABC1');
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers).toMatchObject({
				'mex-linkedmsgid': id,
				'mex-statuscode': '14',
				'mex-statusdescription': 'Message was not collected as the mailbox is deactivated',
			});
		}),
		...CODES.map(([event, code, text]) =>
			row(`code "${code}" can be had as a report: ${text}`, async (world) => {
				const { json } = await world.get(
					'admin/report',
					{},
					{
						method: 'POST',
						as: null,
						body: JSON.stringify({ mailbox_id: 'X26ABC1', event, code, description: text, workflow_id: 'W', status: 'error' }),
					},
				);
				const { status, headers } = await world.get(`X26ABC1/inbox/${String(json.message_id)}`);
				expect([
					status,
					headers['mex-statusevent'],
					headers['mex-statuscode'],
					headers['mex-statusdescription'],
					headers['mex-statussuccess'],
				]).toEqual([200, event || undefined, code, text, 'ERROR']);
			}),
		),
	],
};
