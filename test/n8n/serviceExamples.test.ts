import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examplePatient, readExamples } from '../../n8n-lab/exampleWorkflows';
import type { WorkflowFile } from '../../n8n-lab/rest/workflows';
import { DataOptOutStandIn } from './standIns/dataOptOut';
import { GpPracticeStandIn, SERVICES } from './standIns/gpPractice';
import { HospitalStandIn } from './standIns/hospital';
import { birthNotification, changeOfGp, deathNotification, NemsStandIn } from './standIns/nems';
import { NotifyStandIn, readCsv } from './standIns/notify';
import { ServiceMailbox } from './standIns/serviceMailbox';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { sharedN8n } from './support/sharedN8n';

// The examples for the national services, each against a stand-in that checks what it gets and answers as the service would.

const SETTLE_TIMEOUT_MS = 30_000;

let mesh: MeshFixture;
let examples: Awaited<ReturnType<typeof readExamples>>;
/** The mailbox of whichever service is stood in for. */
let service: ServiceMailbox;

beforeAll(async () => {
	mesh = await startMesh();
	mesh.sandbox.behaviour.patients = [examplePatient];
	examples = await readExamples();
	service = new ServiceMailbox(mesh.sandbox, 'X26ABC3');
});
afterEach(async () => {
	await mesh.unpublish();
	await mesh.sandbox.reset();
});
afterAll(async () => {
	service.close();
	await mesh.close();
});

/** Without its ID, so that it can be run a second time. */
const example = (file: string): WorkflowFile => ({ ...examples.get(file)!, id: undefined });

/** Runs an example by hand; it must succeed. */
async function run(file: string) {
	const execution = await mesh.run(example(file));
	expect([execution.status, execution.error]).toEqual(['success', undefined]);
	return execution;
}

/** Publishes a receiving example, waits for as many executions, and gives each with the message that it was started by. */
async function receive(file: string, count: number) {
	const trigger = example(file).nodes.find(({ type }) => type.endsWith('meshTrigger'))!.name;
	return (await mesh.finished(await mesh.publish(example(file)), count)).map((execution) => ({
		...execution,
		arrived: execution.items(trigger)[0]?.json ?? {},
	}));
}

const kept = async (name: string) => await readFile(join(sharedN8n().filesFolder, name), 'utf8');

/** All is acknowledged: an alarm is raised once, and nothing comes again. */
async function inboxIsEmpty(mailboxId: string): Promise<void> {
	await eventually(
		`nothing waits in ${mailboxId}`,
		() => (mesh.sandbox.inbox(mailboxId).length === 0 ? true : undefined),
		SETTLE_TIMEOUT_MS,
	);
}

test('NHS Notify takes the batch, and its answers are joined to what was sent; a refused batch is an alarm, once', async () => {
	const notify = new NotifyStandIn(service);
	const { batchReference } = (await run('send-notify-batch.json')).items('The batch')[0].json;
	await notify.work();
	expect([notify.complaints, notify.batches.map(({ reference }) => reference)]).toEqual([[], [batchReference]]);

	await notify.reportDaily('X26ABC1', notify.batches[0], ['unknown-reference']);
	const refusal = await service.send('X26ABC1', 'NHS_NOTIFY_SEND_REQUEST_ACK', 'not JSON', { subject: '400', localId: 'batch-x' });
	const executions = await receive('receive-notify-answers.json', 3);
	const by = (subject: string) => executions.find(({ arrived }) => arrived.subject === subject)!;

	expect([by('202').status, by('202').items('Batch taken')[0].json]).toEqual([
		'success',
		{ batchReference, requestId: 'synthetic-request-1', meshMessageId: expect.stringMatching(/^\d{20}_/) },
	]);

	expect(by('2030-01-08').error).toBeUndefined();
	const joined = by('2030-01-08')
		.items('Join')
		.map(({ json }) => json);
	expect(joined).toHaveLength(7);
	expect(joined[0]).toMatchObject({ requestRefId: batchReference, status: 'delivered', known: true, nhsNumber: '9990000018' });
	expect(joined[6]).toMatchObject({ requestItemRefId: 'unknown-reference', known: false });
	expect(JSON.parse(await kept(`notify-report-${String(by('2030-01-08').arrived.messageId)}.json`))).toHaveLength(7);

	expect(by('400').error?.message).toContain('NHS Notify has refused the batch batch-x');
	expect(await kept(`notify-answer-${refusal}.dat`)).toBe('not JSON');
	await inboxIsEmpty('X26ABC1');
});

test('the opt-out check gets lines it can read, and only rows without an opt-out are handed on; what is no result is an alarm, once', async () => {
	const optOuts = new DataOptOutStandIn(service, ['9990000026', '9990000050']);
	const { reference } = (await run('check-national-data-opt-outs.json')).items('The check')[0].json as { reference: string };
	await optOuts.work();
	expect([optOuts.complaints, optOuts.references]).toEqual([[], [reference]]);

	await service.send('X26ABC1', 'SPINE_NTT_UPHOLDING', 'The file contains one or more invalid NHS Numbers.', {
		subject: 'other',
		localId: 'other',
	});
	const executions = await receive('receive-opt-out-result.json', 3);
	const by = (subject: string) => executions.find(({ arrived }) => arrived.subject === subject)!;

	expect([by('SUCCESS').status, by('SUCCESS').items('Wait for the result')]).toEqual(['success', [expect.anything()]]);
	expect(by(reference).error).toBeUndefined();
	const rows = readCsv((await kept(`may-be-used-${reference}.csv`)).replace('\uFEFF', ''));
	expect(rows).toEqual([
		['nhsNumber', 'admissions', 'region'],
		['9990000018', '1', 'North'],
		['9990000034', '3', 'North'],
		['9990000042', '4', 'North'],
	]);
	expect(by('other').error?.message).toMatch(/^The opt-out check other has no result that can be used.*Disclose nothing/);
	await inboxIsEmpty('X26ABC1');
});

test('NEMS events are read, routed and noted; a repeated one goes no further, and one that cannot be read is parked and an alarm, once', async () => {
	const nems = new NemsStandIn(service);
	const [moved, died, undone, born] = [
		changeOfGp('9990000026'),
		deathNotification('9990000034', '2'),
		deathNotification('9990000034', 'U'),
		birthNotification(),
	];
	const first = await nems.publish('X26ABC2', moved, '0a1b2c3d4e|ward-7|x~~~5f6a7b8c9d|audit');
	for (const event of [died, undone, born]) await nems.publish('X26ABC2', event);
	const broken = await service.send('X26ABC2', 'CHANGEOFGP_1', '<Bundle xmlns="http://hl7.org/fhir"><entry>');
	const foreign = await service.send('X26ABC2', 'CHANGEOFGP_1', '<Something/>');
	const workflow = await mesh.publish(example('receive-nems-events.json'));
	const executions = await mesh.finished(workflow, 6);
	const noted = (id: string) =>
		executions.flatMap((execution) => execution.items('Store the event').map(({ json }) => json)).find(({ eventId }) => eventId === id);

	expect(noted(moved.id)).toEqual({
		eventId: moved.id,
		eventCode: 'pds-change-of-gp-1',
		action: 'new',
		nhsNumber: '9990000026',
		changedAt: '2030-01-07T09:00:33+00:00',
		sentAt: '2030-01-07T09:00:40+00:00',
		sequence: '1',
		messageId: first,
		workflowId: 'CHANGEOFGP_1',
		subscriptions: [
			{ id: '0a1b2c3d4e', tag: 'ward-7|x' },
			{ id: '5f6a7b8c9d', tag: 'audit' },
		],
		newPractice: 'Z99901',
		formerPractice: 'Z99902',
	});
	expect(noted(died.id)).toMatchObject({ nhsNumber: '9990000034', deathStatus: '2', diedAt: '2030-01-05', subscriptions: [] });
	expect(noted(undone.id)).toMatchObject({ deathStatus: 'U' });
	expect(noted(undone.id)).not.toHaveProperty('diedAt');
	expect(noted(born.id)).toMatchObject({ eventCode: 'pds-birth-notification-1', changedAt: '2030-01-07T09:00:40+00:00' });
	const alarms = executions.flatMap(({ error }) => (error ? [error.message] : []));
	for (const messageId of [broken, foreign]) {
		expect(alarms).toContainEqual(expect.stringMatching(`^The message ${messageId} \\(CHANGEOFGP_1\\) is no event that can be read`));
		expect(await kept(`nems-message-${messageId}.xml`)).toMatch(/^<(Bundle|Something)/);
	}
	expect(alarms).toHaveLength(2);
	await inboxIsEmpty('X26ABC2');

	await mesh.unpublish();
	await nems.publish('X26ABC2', moved);
	const [again] = await receive('receive-nems-events.json', 1);
	expect([again.status, again.items('Repeated').length, again.items('Store the event')]).toEqual(['success', 1, []]);
	expect(await nems.answers()).toBe(0);
});

test('a practice takes the document and answers it; a refusal, a stranger, garbage and a report of MESH are each an alarm, once', async () => {
	const practice = new GpPracticeStandIn(service, examplePatient);
	const patient = 'Patient and report';
	const accepted = await run('send-document-to-gp.json');
	await practice.work('accepted');
	const refused = (await run('send-document-to-gp.json')).items(patient)[0].json;
	await practice.work('patientNotKnown');
	expect(practice.complaints).toEqual([]);
	expect(practice.documents.map(({ senderReference, from }) => [senderReference, from])).toEqual([
		[accepted.items(patient)[0].json.reference, 'X26ABC1'],
		[refused.reference, 'X26ABC1'],
	]);
	expect(practice.documents[0].content.toString('base64')).toBe(accepted.items(patient)[0].json.pdf);
	// The node's own output names the patient only where the service demands it: in the subject.
	expect(JSON.stringify({ ...accepted.items('Send to the practice')[0].json, subject: '' })).not.toMatch(
		/9990000042|09011955|Testpatient/i,
	);

	const [first, second] = practice.documents;
	const stranger = await practice.answer('X26ABC1', '6e0f0000-0000-4000-8000-00000000ffff', 'not ours', '20013');
	const garbage = await service.send('X26ABC1', 'GPFED_CONSULT_REPORT_ACK', '{"received":"x","sha256":"y"}');
	const elsewhere = example('send-document-to-gp.json');
	const unknown = await mesh.run(JSON.parse(JSON.stringify(elsewhere).replace('"Testpatient"', '"Otherperson"')) as WorkflowFile);
	const lost = unknown.items('Which message it was')[0].json;

	const executions = await receive('receive-gp-answers.json', 7);
	expect(executions.flatMap((execution) => execution.items('Accepted by the practice')).length).toBe(3);
	const outcomes = executions.flatMap((execution) =>
		execution.items('Outcome').map(({ json }) => [json.itkMessageId, json.outcome, json.code, json.known]),
	);
	expect(outcomes).toEqual(
		expect.arrayContaining([
			[first.itkMessageId, 'infrastructure', '20013', true],
			[first.itkMessageId, 'business', '30001', true],
			[second.itkMessageId, 'infrastructure', '20013', true],
			[second.itkMessageId, 'refused', '30002', true],
		]),
	);
	const alarms = executions.flatMap(({ error }) => (error ? [error.message] : []));
	expect(alarms.sort()).toEqual([
		expect.stringMatching(`^MESH could not deliver the document ${String(lost.itkMessageId)} of ${String(lost.reference)}: EPL-154 `),
		expect.stringMatching(`^The answer ${[stranger, garbage].sort()[0]} `),
		expect.stringMatching(`^The answer ${[stranger, garbage].sort()[1]} `),
		expect.stringMatching(`^The practice has refused the document ${second.itkMessageId} of ${second.senderReference}: code 30002`),
	]);
	expect(alarms.join()).toMatch(/was not sent from here/);
	expect(alarms.join()).toMatch(/cannot be read/);
	expect(alarms.join()).not.toMatch(/9990000042|Testpatient|Otherperson/);
	await inboxIsEmpty('X26ABC1');
});

test('Update Record has the envelope of Send Document, with the values that the note of the example names', async () => {
	const practice = new GpPracticeStandIn(service, examplePatient, SERVICES.updateRecord);
	const workflow = structuredClone(example('send-document-to-gp.json'));
	const { workflowId, event, eventName, messageDefinitions, localExtensions } = SERVICES.updateRecord;
	const [messageDefinition, localExtension] = [messageDefinitions[0], localExtensions[0]];
	const named = { workflowId, event, eventName, messageDefinition, localExtension };
	const note = workflow.nodes.map(({ parameters }) => String(parameters.content ?? '')).find((text) => text.includes('**Update Record**'));
	for (const value of Object.values(named)) expect(note).toContain(`\`${value}\``);
	const subject =
		'=Consultation report for {{ $json.givenName }} {{ $json.surname }}, NHS Number: {{ $json.nhsNumber }}, seen at {{ $json.organisation }}, ODS code: {{ $json.odsCode }}, version 1';
	const { assignments } = workflow.nodes.find(({ name }) => name === 'The service')!.parameters.assignments as {
		assignments: Array<{ name: string; value: string }>;
	};
	for (const assignment of assignments) assignment.value = { ...named, subject }[assignment.name]!;
	const execution = await mesh.run(workflow);
	expect([execution.status, execution.error]).toEqual(['success', undefined]);
	await practice.work('accepted');
	expect([practice.complaints, practice.documents.map(({ from }) => from)]).toEqual([[], ['X26ABC1']]);
	expect(mesh.sandbox.messagesTo('X26ABC1').map(({ workflowId: answered }) => answered)).toEqual(
		Array(2).fill('GPCONNECT_UPDATE_RECORD_ACK'),
	);
});

test('a hospital gets the answers that its documents ask for, and none before somebody has looked up the patient', async () => {
	const hospital = new HospitalStandIn(service);
	const FILE = 'receive-transfer-of-care.json';
	const [known, stranger] = [await hospital.discharge('X26ABC2', '9990000018'), await hospital.discharge('X26ABC2', '9990000026')];
	await hospital.garbage('X26ABC2');
	const executions = (await receive(FILE, 3)).map(({ error }) => error?.message);
	expect(executions.filter((message) => message?.startsWith('Nobody has looked up the patient'))).toHaveLength(2);
	expect(executions.filter((message) => message?.includes('is no ITK3 message that can be read'))).toHaveLength(1);
	await hospital.work();
	expect([hospital.complaints, hospital.answers]).toEqual([[], { 'UNREADABLE-IN-ORIGINAL-MESSAGE': ['10009'] }]);

	// With a look-up of one's own in the place of that node.
	await mesh.unpublish();
	const workflow = example(FILE);
	workflow.nodes.find(({ name }) => name === 'Look up the patient')!.parameters.jsCode =
		"return { json: { known: $('Read the header').first().json.nhsNumber === '9990000018' } };";
	const answering = await mesh.publish(workflow);
	expect((await mesh.finished(answering, 2)).map(({ error }) => error)).toEqual([undefined, undefined]);
	await inboxIsEmpty('X26ABC2');
	await hospital.work();
	expect([hospital.complaints, hospital.answers[known], hospital.answers[stranger]]).toEqual([[], ['20013', '30001'], ['20013', '30002']]);
});

test('pathology results are kept byte for byte, no reply is made up, and where an NHSACK is asked for, that is said', async () => {
	const interchange = (asked: string) =>
		`UNA:+.? 'UNB+UNOC:3+000000004400001:80+000000024600002:80+300107:0905+1015++MEDRPT++${asked}'UNH+1+MEDRPT:D:1:NH:NHS003'FTX+SPC+++Caf\xe9?'s'UNT+3+1'UNZ+1+1015'`;
	const contents = [Buffer.from(interchange('1'), 'latin1'), Buffer.from(interchange(''), 'latin1'), Buffer.from('no interchange')];
	const other = await service.send('X26ABC2', 'TEST_WORKFLOW', 'not a result');
	const ids: string[] = [];
	for (const content of contents) ids.push(await service.send('X26ABC2', 'PATH_MEDRPT_V3', content, { localId: 'lab-7' }));
	const report = await mesh.sandbox.putReport({
		to: 'X26ABC2',
		workflowId: 'PATH_MEDRPT_V3',
		linkedMessageId: 'GONE',
		code: '14',
		description: 'Not collected',
	});
	const executions = await receive('receive-pathology.json', 4);

	for (const [at, id] of ids.entries()) expect(await readFile(join(sharedN8n().filesFolder, `result-${id}.dat`))).toEqual(contents[at]);
	const handedOn = executions.flatMap((execution) => execution.items('For your EDI system').map(({ json }) => json));
	expect(handedOn.find(({ messageId }) => messageId === ids[0])).toMatchObject({
		sender: '000000004400001:80',
		recipient: '000000024600002:80',
		reference: '1015',
		kind: 'MEDRPT',
		note: expect.stringContaining('asks for an NHSACK: nothing was sent'),
	});
	expect(handedOn.find(({ messageId }) => messageId === ids[2])).toMatchObject({ note: expect.stringContaining('No UNB was found') });
	expect(executions.flatMap((execution) => execution.items('No acknowledgement asked for').map(({ json }) => json.messageId))).toEqual([
		ids[1],
	]);
	expect(executions.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([expect.stringContaining('Not collected')]);
	await eventually(
		'the report is acknowledged',
		() => (mesh.sandbox.message(report)?.status === 'acknowledged' ? true : undefined),
		SETTLE_TIMEOUT_MS,
	);
	await eventually(
		'only the other message waits',
		() => (mesh.sandbox.inbox('X26ABC2').join() === other ? true : undefined),
		SETTLE_TIMEOUT_MS,
	);
	expect(await service.collect()).toEqual([]);
});

test('what has been asked or sent and not answered for too long is an alarm when somebody looks, and what is fresh is not', async () => {
	const files = {
		'opt-out-X26ABC1-010120-0001.csv': 'nhsNumber\n9990000018\n',
		'gp-document-6e0f0000-0000-4000-8000-000000000002.json':
			'{"itkMessageId":"6e0f0000-0000-4000-8000-000000000002","reference":"encounter-old","sentAt":"2020-01-01T09:00:00+00:00"}',
	};
	const look = async () =>
		Promise.all(
			['receive-opt-out-result.json', 'receive-gp-answers.json'].map(async (file) => (await mesh.run(example(file))).error?.message),
		);
	await run('check-national-data-opt-outs.json');
	await run('send-document-to-gp.json');
	expect(await look()).toEqual([undefined, undefined]);
	for (const [name, content] of Object.entries(files)) await writeFile(join(sharedN8n().filesFolder, name), content);
	expect(await look()).toEqual([
		'No result has come for 1 opt-out checks of earlier days: X26ABC1-010120-0001. Disclose nothing of them, and ask the service.',
		'No practice has answered within three days about 1 documents: encounter-old.',
	]);
	for (const name of Object.keys(files)) await rm(join(sharedN8n().filesFolder, name));
});

describe("the MESH client's folders", () => {
	const FILE = 'send-from-mesh-client-folder.json';
	const inFolder = (name: string) => join(sharedN8n().filesFolder, 'mesh', name);
	const control = (fields: Record<string, string>) =>
		`<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType><MessageType>Data</MessageType>${Object.entries(fields)
			.map(([name, value]) => `<${name}>${value}</${name}>`)
			.join('')}<DTSId/><PartnerId/><ProcessId/></DTSControl>`;
	const putPair = async (name: string, content: Buffer | string, controlFile: string) => {
		await writeFile(inFolder(`OUT/${name}.dat`), content);
		await writeFile(inFolder(`OUT/${name}.ctl`), controlFile);
	};
	const usual = {
		From_DTS: 'X26ABC1',
		To_DTS: 'X26ABC3',
		Subject: 'Test &amp; more',
		LocalId: 'batch-0001',
		WorkflowId: 'WORKFLOW_1',
		Compress: 'Y',
		Encrypted: 'N',
		IsCompressed: 'N',
	};

	beforeAll(async () => {
		for (const name of ['IN', 'OUT', 'SENT', 'FAILED', 'TEMP']) await mkdir(inFolder(name), { recursive: true });
	});

	test('a pair in OUT is sent once, by what its control file says, and SENT or FAILED tell what became of it', async () => {
		const content = Buffer.from([0, 255, 10, 13, 0xe9]);
		await putPair('one', content, control(usual));
		await putPair('two', 'x', control({ ...usual, To_DTS: 'NOBODY' }));
		await putPair('three', 'x', '<DTSControl><To_DTS>');
		await putPair('four', 'x', control({ ...usual, From_DTS: 'X26ABC9' }));
		await writeFile(inFolder('OUT/five.dat'), 'its control file comes later');
		const execution = await mesh.run(example(FILE));
		expect(execution.error?.message).toMatch(/^3 messages were not sent: /);

		const [sent, ...more] = await service.collect();
		expect([sent, more]).toEqual([
			expect.objectContaining({ from: 'X26ABC1', workflowId: 'WORKFLOW_1', subject: 'Test & more', localId: 'batch-0001', content }),
			[],
		]);
		const done = await kept('mesh/SENT/one.ctl');
		expect(done).toMatch(
			new RegExp(
				`<Subject>Test &amp; more</Subject>[^]*<DTSId>${sent.messageId}</DTSId>[^]*<StatusRecord>[^]*<Event>TRANSFER</Event>\\s*<Status>SUCCESS</Status>\\s*<StatusCode>00</StatusCode>`,
			),
		);
		expect(done.startsWith('<DTSControl>')).toBe(true);
		expect(await kept('mesh/FAILED/two.ctl')).toMatch(/<Status>ERROR<\/Status>\s*<Description>[^<]*not registered with MESH/);
		for (const name of ['three', 'four'])
			expect(await kept(`mesh/FAILED/${name}.ctl`)).toMatch(/<Description>The control file cannot be read/);

		const again = await mesh.run(example(FILE));
		expect([again.status, await service.collect()]).toEqual(['success', []]);

		// As a crash leaves them: the message gone and not noted, and being sent by another execution at this moment.
		await rm(inFolder('SENT/one.ctl'));
		await putPair('six', 'x', control(usual));
		await writeFile(inFolder('TEMP/six.json'), JSON.stringify({ startedAt: new Date().toISOString() }));
		expect((await mesh.run(example(FILE))).error).toBeUndefined();
		await writeFile(inFolder('TEMP/one.json'), JSON.stringify({ startedAt: '2020-01-01T00:00:00.000Z' }));
		expect((await mesh.run(example(FILE))).error?.message).toMatch(/^1 messages were not sent: [^,]*FAILED\/one\.ctl say why\.$/);
		expect(await kept('mesh/FAILED/one.ctl')).toMatch(/<Status>ERROR<\/Status>\s*<Description>Its sending was cut off/);
		expect((await mesh.run(example(FILE))).error).toBeUndefined();
		expect(await service.collect()).toEqual([]);
	});

	test('the command that empties OUT takes a pair to where its control file is, and leaves those that are not done', async () => {
		const command = String(example(FILE).nodes.find(({ name }) => name === 'Empty OUT')!.parameters.command);
		const name = "it's done";
		await putPair(name, 'content', control(usual));
		await putPair('waiting', 'x', control(usual));
		await writeFile(inFolder(`TEMP/${name}.json`), '{}');
		await writeFile(inFolder(`SENT/${name}.ctl`), 'sent');
		for (const each of [name, name, 'waiting']) {
			const inShell = `'${each.replaceAll("'", "'\\''")}'`;
			execFileSync('sh', ['-c', command.slice(1).replaceAll("{{ $('The pair').first().json.inShell }}", inShell)], { cwd: inFolder('') });
		}
		const found = async (folder: string) => (await readdir(inFolder(folder))).filter((each) => /^(it's|waiting)/.test(each)).sort();
		expect(await found('OUT')).toEqual(['waiting.ctl', 'waiting.dat']);
		expect([await found('SENT'), await found('TEMP')]).toEqual([[`${name}.ctl`, `${name}.dat`], []]);
		expect(await kept(`mesh/SENT/${name}.ctl`)).toBe('sent');
		for (const each of ['ctl', 'dat']) await rm(inFolder(`OUT/waiting.${each}`));
	});

	test('a message becomes a pair in IN, and a report of MESH a control file alone', async () => {
		const content = Buffer.from([0, 255, 10, 13, 0xe9]);
		const messageId = await service.send('X26ABC2', 'WORKFLOW_1', content, {
			subject: 'Test & more',
			localId: 'batch-0002',
			partnerId: 'sub|tag',
		});
		const report = await mesh.sandbox.putReport({
			to: 'X26ABC2',
			workflowId: 'WORKFLOW_1',
			linkedMessageId: '20300107090000000001_ABC123',
			localId: 'batch-0001',
			code: '14',
			description: 'Message not collected by recipient after 5 days',
		});
		const executions = await receive('receive-into-mesh-client-folder.json', 2);
		expect(executions.map(({ error }) => error)).toEqual([undefined, undefined]);

		expect(await readFile(inFolder(`IN/${messageId}.dat`))).toEqual(content);
		const fieldsOf = async (id: string) =>
			Object.fromEntries([...(await kept(`mesh/IN/${id}.ctl`)).matchAll(/<(\w+)>([^<]+)<\/\1>/g)].map(([, name, value]) => [name, value]));
		expect(await fieldsOf(messageId)).toMatchObject({
			AddressType: 'ALL',
			MessageType: 'Data',
			From_DTS: 'X26ABC3',
			To_DTS: 'X26ABC2',
			From_ESMTP: 'X26ABC3@dts.nhs.uk',
			Subject: 'Test &amp; more',
			LocalId: 'batch-0002',
			PartnerId: 'sub|tag',
			DTSId: messageId,
			WorkflowId: 'WORKFLOW_1',
			Status: 'SUCCESS',
			StatusCode: '00',
			DateTime: expect.stringMatching(/^\d{14}$/),
		});
		expect(await fieldsOf(report)).toMatchObject({
			MessageType: 'Report',
			To_DTS: 'X26ABC2',
			LocalId: 'batch-0001',
			DTSId: '20300107090000000001_ABC123',
			Status: 'ERROR',
			StatusCode: '14',
			Description: 'Message not collected by recipient after 5 days',
		});
		await expect(readFile(inFolder(`IN/${report}.dat`))).rejects.toThrow('ENOENT');
		await inboxIsEmpty('X26ABC2');
	});
});
