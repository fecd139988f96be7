import { expectRefusal, problems, row, type Topic, type World } from '../world';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOT_FOUND = [404, '', '', 'Not Found'] as const;

const V2_FIELDS = [
	'message_id',
	'local_id',
	'workflow_id',
	'filename',
	'expiry_time',
	'upload_timestamp',
	'recipient',
	'recipient_name',
	'recipient_ods_code',
	'recipient_org_code',
	'recipient_org_name',
	'status_success',
	'status',
	'status_event',
	'status_timestamp',
	'status_description',
	'status_code',
];

const V1_FIELDS = [
	'addressType',
	'checksum',
	'chunkCount',
	'compressFlag',
	'contentEncoding',
	'contentsBase64',
	'downloadTimestamp',
	'dtsId',
	'encryptedFlag',
	'expiryTime',
	'failureDate',
	'failureDiagnostic',
	'fileName',
	'fileSize',
	'isCompressed',
	'linkedMsgId',
	'localId',
	'meshRecipientOdsCode',
	'messageId',
	'messageType',
	'partnerId',
	'processId',
	'recipient',
	'recipientBillingEntity',
	'recipientName',
	'recipientOrgCode',
	'recipientOrgName',
	'recipientSmtp',
	'sender',
	'senderBillingEntity',
	'senderName',
	'senderOdsCode',
	'senderOrgCode',
	'senderOrgName',
	'senderSmtp',
	'status',
	'statusCode',
	'statusDescription',
	'statusEvent',
	'statusSuccess',
	'statusTimestamp',
	'subject',
	'uploadTimestamp',
	'version',
	'workflowId',
];

const track = async (world: World, id: string, version: 1 | 2 = 2) =>
	(await world.get(`X26ABC1/outbox/tracking?messageID=${id}`, {}, { version })).json;

/** A message of X26ABC1 brought into a status. */
const STATES: Record<string, (world: World) => Promise<string>> = {
	uploading: (world) => world.startUpload(2),
	accepted: (world) => world.send(),
	async acknowledged(world) {
		const id = await world.send();
		await world.mesh.acknowledge('X26ABC2', id);
		return id;
	},
	async undeliverable(world) {
		const id = await world.send();
		world.sandbox.clock.advance(5 * DAY_MS);
		return id;
	},
	async error(world) {
		const id = await world.send();
		await world.mesh.call({
			method: 'POST',
			path: `admin/message/${id}/event`,
			as: null,
			body: JSON.stringify({ status: 'error', event: 'SEND', code: '99', description: 'Broken' }),
		});
		return id;
	},
};

const addEvent = (world: World, id: string, event: Record<string, string>) =>
	world.mesh.call({ method: 'POST', path: `admin/message/${id}/event`, as: null, body: JSON.stringify(event) });

const TRANSFERRED = { success: true, event: 'TRANSFER', code: '00', description: 'Transferred to recipient mailbox' };
const UNTOLD = { success: true, event: null, code: null, description: null };

/** What the status fields tell, by what became of a message. */
const TOLD: Record<
	string,
	{ bring: (world: World) => Promise<string>; success: boolean; event: string | null; code: string | null; description: string | null }
> = {
	uploading: { bring: STATES.uploading, ...UNTOLD },
	'accepted and not delivered yet': {
		bring(world) {
			world.switch({ deliveryDelayMs: DAY_MS });
			return world.send();
		},
		...UNTOLD,
	},
	accepted: { bring: STATES.accepted, ...TRANSFERRED },
	acknowledged: { bring: STATES.acknowledged, ...TRANSFERRED },
	undeliverable: {
		bring: STATES.undeliverable,
		success: false,
		event: 'SEND',
		code: '14',
		description: 'Message not collected by recipient after 5 days',
	},
	error: { bring: STATES.error, success: false, event: 'SEND', code: '99', description: 'Broken' },
	'put back after its expiry': {
		async bring(world) {
			const id = await STATES.undeliverable(world);
			await addEvent(world, id, { status: 'accepted' });
			return id;
		},
		...TRANSFERRED,
	},
	'put back after its expiry and acknowledged': {
		async bring(world) {
			const id = await STATES.undeliverable(world);
			await addEvent(world, id, { status: 'accepted' });
			await world.mesh.acknowledge('X26ABC2', id);
			return id;
		},
		...TRANSFERRED,
	},
	'failed by hand, without a reason': {
		async bring(world) {
			const id = await STATES.undeliverable(world);
			await addEvent(world, id, { status: 'error' });
			return id;
		},
		success: false,
		event: null,
		code: null,
		description: null,
	},
};

export const tracking: Topic = {
	title: 'Tracking',
	rows: [
		...Object.entries(STATES).map(([status, bring]) =>
			row(`${status} is called so in version 2, with a capital in version 1`, async (world) => {
				const id = await bring(world);
				expect([(await track(world, id)).status, (await track(world, id, 1)).status]).toEqual([
					status,
					status[0].toUpperCase() + status.slice(1),
				]);
			}),
		),
		...Object.entries(TOLD).map(([state, { bring, success, event, code, description }]) =>
			row(`the status fields of a message ${state} agree, in both versions`, async (world) => {
				const id = await bring(world);
				const [first, second] = [await track(world, id, 1), await track(world, id)];
				expect(second).toMatchObject({
					status_success: success,
					status_event: event,
					status_code: code,
					status_description: description,
					status_timestamp: expect.stringMatching(/^\d{4}-/),
				});
				expect(first).toMatchObject({
					statusSuccess: success ? 'SUCCESS' : 'ERROR',
					statusEvent: event,
					statusCode: code,
					statusDescription: description,
					statusTimestamp: expect.stringMatching(/^\d{14}$/),
					failureDate: success ? null : expect.stringMatching(/^\d{14}$/),
					failureDiagnostic: success ? null : description,
				});
				const linked = first.linkedMsgId !== null;
				expect([state, linked]).toEqual([state, state === 'undeliverable']);
			}),
		),
		row('version 2 has these fields, its times in ISO form, and success as a boolean', async (world) => {
			const body = await track(world, await world.send({ 'mex-localid': 'L', 'mex-filename': 'f.txt' }));
			expect(Object.keys(body).sort()).toEqual([...V2_FIELDS].sort());
			expect(body).toMatchObject({
				local_id: 'L',
				workflow_id: 'TEST_WORKFLOW',
				filename: 'f.txt',
				recipient: 'X26ABC2',
				recipient_name: 'TESTMB2',
				recipient_ods_code: 'X26',
				recipient_org_code: 'X26',
				recipient_org_name: '',
				status_success: true,
			});
			for (const name of ['expiry_time', 'upload_timestamp', 'status_timestamp'])
				expect(body[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
		}),
		row('version 2 names the local ID also where there is none, as null', async (world) => {
			const body = await track(world, await world.send());
			expect(Object.keys(body).sort()).toEqual([...V2_FIELDS].sort());
			expect(body.local_id).toBeNull();
		}),
		row('version 1 has these fields, null where nothing is known, its times as 14 digits', async (world) => {
			const id = await world.send({ 'mex-subject': 'S' }, 'twelve bytes');
			const body = await track(world, id, 1);
			expect(Object.keys(body).sort()).toEqual([...V1_FIELDS].sort());
			expect(body).toMatchObject({
				dtsId: id,
				messageId: id,
				fileSize: 12,
				addressType: 'ALL',
				version: '1.0',
				chunkCount: 1,
				messageType: 'DATA',
				sender: 'X26ABC1',
				recipient: 'X26ABC2',
				subject: 'S',
				statusSuccess: 'SUCCESS',
				localId: null,
				downloadTimestamp: null,
				failureDate: null,
			});
			for (const name of ['expiryTime', 'uploadTimestamp', 'statusTimestamp']) expect(body[name]).toMatch(/^\d{14}$/);
		}),
		row('version 1 repeats what the sender said of the content', async (world) => {
			const id = await world.send(
				{
					'mex-content-checksum': 'abc',
					'mex-partnerid': 'P',
					'mex-content-encrypted': 'Y',
					'mex-content-compressed': 'Y',
					'content-encoding': 'gzip',
				},
				'x',
			);
			expect(await track(world, id, 1)).toMatchObject({
				checksum: 'abc',
				partnerId: 'P',
				encryptedFlag: 'Y',
				compressFlag: 'Y',
				isCompressed: 'Y',
				contentEncoding: 'gzip',
			});
		}),
		row('a message expires five days after its upload', async (world) => {
			const { expiry_time: expiry, upload_timestamp: upload } = await track(world, await world.send());
			// It counts from delivery, which comes a moment after the upload began.
			expect((Date.parse(`${String(expiry)}Z`) - Date.parse(`${String(upload)}Z`)) / DAY_MS).toBeCloseTo(5, 2);
		}),
		row('the size is that of what was sent, and 0 while uploading', async (world) => {
			const id = await world.startUpload(2);
			expect((await track(world, id, 1)).fileSize).toBe(0);
			await world.chunk(id, 2, '2:2', {}, 'seven by');
			expect((await track(world, id, 1)).fileSize).toBe(11);
		}),
		row('version 1 has the time of the acknowledgement', async (world) => {
			expect((await track(world, await STATES.acknowledged(world), 1)).downloadTimestamp).toMatch(/^\d{14}$/);
		}),
		row('a failure says when and why', async (world) => {
			const id = await STATES.error(world);
			expect(await track(world, id, 1)).toMatchObject({
				failureDate: expect.stringMatching(/^\d{14}$/),
				failureDiagnostic: 'Broken',
				statusSuccess: 'ERROR',
				statusCode: '99',
				statusEvent: 'SEND',
			});
			expect(await track(world, id)).toMatchObject({
				status_success: false,
				status_code: '99',
				status_event: 'SEND',
				status_description: 'Broken',
			});
		}),
		row('an undeliverable message is no success, and links to its report', async (world) => {
			const id = await STATES.undeliverable(world);
			expect(await track(world, id)).toMatchObject({ status_success: false, status_code: '14' });
			const [report] = await world.mesh.list('X26ABC1');
			expect((await track(world, id, 1)).linkedMsgId).toBe(report);
		}),
		row(
			'as the NHS sandbox: an undeliverable message counts as success, no status fields are told, and what was not said is empty',
			async (world) => {
				world.switch({ answers: 'nhsSandbox' });
				const body = await track(world, await STATES.undeliverable(world));
				expect([body.status, body.status_success, 'status_event' in body, body.local_id]).toEqual(['undeliverable', true, false, '']);
				const first = await track(world, await world.send(), 1);
				expect([first.messageType, 'downloadTimestamp' in first]).toEqual(['Data', false]);
				expect(
					['statusCode', 'statusEvent', 'statusDescription', 'statusTimestamp', 'failureDate'].filter((name) => name in first),
				).toEqual([]);
				expect(['localId', 'subject', 'partnerId', 'checksum'].map((name) => first[name])).toEqual(['', '', '', '']);
				const failed = await track(world, await STATES.error(world), 1);
				expect([failed.statusSuccess, typeof failed.failureDiagnostic, 'statusCode' in failed]).toEqual(['ERROR', 'string', false]);
			},
		),
		row("unknown messages, other people's and reports are all 404", async (world) => {
			const mine = await world.send();
			const report = await world.sandbox.putReport({ to: 'X26ABC1' });
			for (const path of [
				'X26ABC1/outbox/tracking?messageID=NONE',
				`X26ABC2/outbox/tracking?messageID=${mine}`,
				`X26ABC3/outbox/tracking?messageID=${mine}`,
				`X26ABC1/outbox/tracking?messageID=${report}`,
			])
				expectRefusal(await world.get(path), ...NOT_FOUND);
		}),
		row('the parameter is messageID and nothing else', async (world) => {
			const id = await world.send({ 'mex-localid': 'L' });
			for (const query of ['', `?messageid=${id}`, `?messageId=${id}`, '?localID=L'])
				expect(problems(await world.get(`X26ABC1/outbox/tracking${query}`))).toEqual(['query messageID']);
		}),
		row('by local ID: one match is 200, in the shape of version 1 whatever was asked for', async (world) => {
			const id = await world.send({ 'mex-localid': 'only one' });
			for (const version of [1, 2] as const) {
				const { status, json } = await world.get('X26ABC1/outbox/tracking/only%20one', {}, { version });
				expect([status, json.messageId, Object.keys(json).length]).toEqual([200, id, V1_FIELDS.length]);
			}
		}),
		row('by local ID: several matches are 300, none 404', async (world) => {
			for (let time = 0; time < 2; time++) await world.send({ 'mex-localid': 'twice' });
			expectRefusal(await world.get('X26ABC1/outbox/tracking/twice'), 300, '', '', 'Multiple Choices');
			expectRefusal(await world.get('X26ABC1/outbox/tracking/never'), ...NOT_FOUND);
		}),
		row('by local ID: a message is found while it is uploaded, and by its sender only', async (world) => {
			await world.startUpload(2, { 'mex-localid': 'L' });
			expect((await world.get('X26ABC1/outbox/tracking/L')).json.status).toBe('Uploading');
			expectRefusal(await world.get('X26ABC2/outbox/tracking/L'), ...NOT_FOUND);
		}),
	],
};
