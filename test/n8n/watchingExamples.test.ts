import { readExamples } from '../../n8n-lab/exampleWorkflows';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import type { WorkflowFile, WorkflowNode } from '../../n8n-lab/rest/workflows';
import { createCertificates, startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { startMailServer } from './support/mailServer';
import type { MailServer } from './support/mailServer';
import { clientCertificates, startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { chain, meshTrigger } from './support/workflowBuilder';

let mesh: MeshFixture;
let examples: Awaited<ReturnType<typeof readExamples>>;
let mail: MailServer;
let mailCredential: string;

beforeAll(async () => {
	mesh = await startMesh();
	examples = await readExamples();
	mail = await startMailServer();
	mailCredential = await saveCredential(mesh.rest, mail.credential);
});
afterEach(async () => {
	await mesh.sandbox.reset();
	mail.reset();
});
afterAll(async () => {
	await mesh.close();
	await mail.close();
});

/** Without its ID, so that it can be run a second time. */
const shipped = (file: string): WorkflowFile => ({ ...examples.get(file)!, id: undefined });

/** The example as its notes ask for: what is switched off is switched on, and mails by a credential. */
function switchedOn(file: string): WorkflowFile {
	const switchOn = (node: WorkflowNode): WorkflowNode => ({
		...node,
		disabled: false,
		...(node.type === 'n8n-nodes-base.emailSend' && { credentials: { smtp: { id: mailCredential, name: mail.credential.name } } }),
	});
	const workflow = shipped(file);
	return { ...workflow, nodes: workflow.nodes.map(switchOn) };
}

/** The workflow with another credential in its MESH nodes. */
function withMeshCredential(workflow: WorkflowFile, id: string): WorkflowFile {
	const change = (node: WorkflowNode): WorkflowNode =>
		node.credentials?.meshApi ? { ...node, credentials: { meshApi: { id, name: '' } } } : node;
	return { ...workflow, nodes: workflow.nodes.map(change) };
}

/** Runs a workflow by hand; it must succeed. */
async function run(workflow: WorkflowFile) {
	const execution = await mesh.run(workflow);
	expect([execution.status, execution.error]).toEqual(['success', undefined]);
	return execution;
}

describe('the example that watches for reports', () => {
	const FILE = 'watch-non-delivery-reports.json';
	const statuses = (ids: string[]) => ids.map((id) => mesh.sandbox.message(id)?.status);

	/** Two reports, of which one is on a message that MESH has, and another message. */
	async function fillInbox() {
		const failed = await mesh.sandbox.putMessage({
			to: 'X26ABC2',
			from: 'X26ABC1',
			workflowId: 'TEST_WORKFLOW',
			localId: 'L-1',
			content: 'x',
		});
		const report = await mesh.sandbox.putReport({
			to: 'X26ABC1',
			workflowId: 'TEST_WORKFLOW',
			linkedMessageId: failed,
			localId: 'L-1',
			code: '14',
			description: 'Message not collected by recipient after 5 days',
		});
		const unknown = await mesh.sandbox.putReport({
			to: 'X26ABC1',
			workflowId: 'TEST_WORKFLOW',
			linkedMessageId: 'GONE',
			code: '14',
			description: 'Not collected',
		});
		const other = await mesh.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC2',
			workflowId: 'TEST_WORKFLOW',
			content: 'for somebody else',
		});
		return { failed, inbox: [report, unknown, other] };
	}

	it('as shipped acknowledges none, since nobody is told yet', async () => {
		const { failed, inbox } = await fillInbox();
		const execution = await run(shipped(FILE));
		expect(execution.items('Write the alarm').map(({ json }) => json)).toEqual([
			{
				subject: 'MESH message not delivered: TEST_WORKFLOW',
				text: `Message ${failed} (local ID L-1) to X26ABC2 failed: Message not collected by recipient after 5 days (code 14).`,
			},
			{
				subject: 'MESH message not delivered: TEST_WORKFLOW',
				text: 'Message GONE (local ID none) to an unknown recipient failed: Not collected (code 14).',
			},
		]);
		expect(statuses(inbox)).toEqual(['accepted', 'accepted', 'accepted']);
	});

	it('when switched on mails an alarm for each, acknowledges it, and leaves other messages alone', async () => {
		const { failed, inbox } = await fillInbox();
		await run(switchedOn(FILE));
		expect(mail.mails).toEqual([
			expect.stringMatching(
				new RegExp(
					`^Subject: MESH message not delivered: TEST_WORKFLOW$[^]*Message ${failed} \\(local ID L-1\\) to X26ABC2 failed: Message not collected`,
					'm',
				),
			),
			expect.stringContaining('Message GONE (local ID none) to an unknown recipient failed: Not collected (code 14).'),
		]);
		expect(statuses(inbox)).toEqual(['acknowledged', 'acknowledged', 'accepted']);
	});

	it('acknowledges none when the alarm fails', async () => {
		const { inbox } = await fillInbox();
		mail.refuses = true;
		const execution = await mesh.run(switchedOn(FILE));
		expect(execution.status).toBe('error');
		expect(statuses(inbox)).toEqual(['accepted', 'accepted', 'accepted']);
	});

	it('passes over a message that left the inbox after it was listed', async () => {
		const { inbox } = await fillInbox();
		mesh.sandbox.arm({ call: 'head', path: inbox[0], fault: { kind: 'status', status: 410 } });
		await run(switchedOn(FILE));
		expect(mail.mails).toEqual([expect.stringContaining('Message GONE')]);
		expect(statuses(inbox)).toEqual(['accepted', 'acknowledged', 'accepted']);
	});
});

describe('the example that checks certificates', () => {
	const FILE = 'check-certificates-daily.json';

	it('is silent when there is nothing to do', async () => {
		const execution = await run(switchedOn(FILE));
		expect(execution.items('Check the connection')[0].json).toMatchObject({
			connected: true,
			clientCertificateDaysLeft: expect.any(Number),
		});
		expect([execution.items('Write the warning'), mail.mails]).toEqual([[], []]);
	});

	it('mails a warning when there is no connection', async () => {
		mesh.sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 403 } });
		const execution = await run(switchedOn(FILE));
		const { clientCertificateDaysLeft } = execution.items('Check the connection')[0].json;
		const [{ json }] = execution.items('Write the warning');
		expect(json).toEqual({
			subject: 'MESH mailbox X26ABC1: no connection',
			text: expect.stringMatching(/^Step that failed: handshake\. [^]*403/),
		});
		expect(json.text).toContain(` Client certificate: ${Number(clientCertificateDaysLeft)} days left (until `);
		expect(json.text).not.toMatch(/undefined|null|\.\.| {2}/);
		expect(mail.mails).toEqual([expect.stringMatching(/^Subject: MESH mailbox X26ABC1: no connection$[^]*Step that failed: handshake/m)]);
	});

	it('mails a warning when nothing is known but the problem', async () => {
		const nowhere = await saveCredential(mesh.rest, {
			...sandboxCredential('X26ABC1', 'https://127.0.0.1:9', { ca: 'none', certificate: 'none', privateKey: 'none' }),
			name: 'MESH without certificates',
		});
		const execution = await run(withMeshCredential(switchedOn(FILE), nowhere));
		const [{ json }] = execution.items('Write the warning');
		expect(json.text).toMatch(/^Step that failed: \w+\. /);
		expect(json.text).not.toMatch(/undefined|null|days left|\.\.| {2}/);
		expect(mail.mails).toHaveLength(1);
	});

	/** The example against a sandbox whose client certificate is valid for so long. */
	async function runWithDays(days: number) {
		const certificates = await createCertificates(undefined, 'ec', days);
		const sandbox = await startSandbox({ certificates });
		try {
			const credential = await saveCredential(mesh.rest, {
				...sandboxCredential('X26ABC1', sandbox.url, clientCertificates(certificates)),
				name: `MESH for ${days} days`,
			});
			return await run(withMeshCredential(switchedOn(FILE), credential));
		} finally {
			await sandbox.close();
		}
	}

	it('mails a warning as soon as the client certificate has no more than 30 whole days left', async () => {
		const before = await runWithDays(32);
		expect(before.items('Check the connection')[0].json).toMatchObject({ connected: true, clientCertificateDaysLeft: 31 });
		expect([before.items('Write the warning'), mail.mails]).toEqual([[], []]);

		const then = await runWithDays(31);
		const { connected, clientCertificateDaysLeft, clientCertificateValidTo, serverCertificateDaysLeft } =
			then.items('Check the connection')[0].json;
		expect([connected, clientCertificateDaysLeft, Number(serverCertificateDaysLeft) > 700]).toEqual([true, 30, true]);
		expect(then.items('Write the warning')[0].json).toEqual({
			subject: 'MESH mailbox X26ABC1: a certificate is about to expire',
			text: `Client certificate: 30 days left (until ${String(clientCertificateValidTo)}). Certificate of the server: ${Number(serverCertificateDaysLeft)} days left.`,
		});
		expect(mail.mails).toEqual([
			expect.stringMatching(/^Subject: MESH mailbox X26ABC1: a certificate is about to expire$[^]*Client certificate: 30 days left/m),
		]);
	});

	it('mails a warning when the certificate is that of another mailbox, though MESH takes it', async () => {
		const execution = await run(withMeshCredential(switchedOn(FILE), mesh.credentials.X26ABC2));
		expect(execution.items('Write the warning')[0].json).toEqual({
			subject: 'MESH mailbox X26ABC2: the certificate of another mailbox',
			text: expect.stringMatching(
				/^The name in the client certificate is that of another mailbox: CN=X26ABC1\.[^ ]+\. Client certificate: \d+ days left/,
			),
		});
		expect(mail.mails).toHaveLength(1);
	});
});

describe('the example that is told of failures', () => {
	it('has the text of a failed execution, and of a message that the trigger has parked', async () => {
		const { id } = await createWorkflow(mesh.rest, switchedOn('alarm-when-mesh-fails.json'));
		await publishWorkflow(mesh.rest, id).catch(() => undefined); // n8n 2 starts a published one only
		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const failing = chain('fails for good', meshTrigger(mesh.credentials.X26ABC1, { options: { deliveryAttempts: 1 } }), {
			name: 'Fails',
			type: 'n8n-nodes-base.code',
			typeVersion: 2,
			parameters: { jsCode: "throw new Error('the database is away');" },
		});
		await mesh.publish({ ...failing, settings: { ...failing.settings, errorWorkflow: id } });

		const alarms = await mesh.finished(id, 2);
		const texts = alarms.map((alarm) => String(alarm.items('Write the alarm')[0].json.text));
		expect(texts).toEqual(
			expect.arrayContaining([
				expect.stringContaining('the database is away'),
				expect.stringMatching(new RegExp(`${messageId}[^]*is parked[^]*correct the cause`)),
			]),
		);
		expect(mail.mails).toEqual([
			expect.stringMatching(/^Subject: MESH: fails for good has a problem$/m),
			expect.stringMatching(/^Subject: MESH: fails for good has a problem$/m),
		]);
	});
});

describe('the example that watches the inbox', () => {
	const FILE = 'watch-the-inbox.json';
	const MINUTE_MS = 60_000;

	/** The example, as shipped or with its alarm switched on, for the inbox of a MESH whose clock is so many minutes behind. */
	async function watch(
		minutes: number,
		messages: string[],
		workflow: WorkflowFile,
		arrange: (sandbox: Sandbox, ids: string[]) => void = () => undefined,
	) {
		const sandbox = await startSandbox({ now: () => Date.now() - minutes * MINUTE_MS });
		try {
			const credential = {
				...sandboxCredential('X26ABC2', sandbox.url, clientCertificates(sandbox.certificates)),
				name: `MESH of ${minutes} minutes ago`,
			};
			const ids: string[] = [];
			for (const content of messages) ids.push(await sandbox.putMessage({ to: 'X26ABC2', content }));
			arrange(sandbox, ids);
			return { ids, execution: await mesh.run(withMeshCredential(workflow, await saveCredential(mesh.rest, credential))) };
		} finally {
			await sandbox.close();
		}
	}

	it('is silent about an empty inbox, and about a message that the trigger may still be about to collect', async () => {
		for (const messages of [[], ['just come']]) {
			const { execution } = await watch(55, messages, switchedOn(FILE));
			expect([execution.status, execution.error, mail.mails]).toEqual(['success', undefined, []]);
			expect(execution.items('List the inbox')).toHaveLength(messages.length);
		}
	});

	it('mails how many wait and since when, and fails, so that n8n and whoever asks it from outside know', async () => {
		const { ids, execution } = await watch(95, ['first', 'second', 'third'], switchedOn(FILE));
		const text = `3 waiting in MESH mailbox X26ABC2, the oldest for 1 h (message ${ids[0]}).`;
		expect(execution.items('Write the alarm').map(({ json }) => json)).toEqual([
			{
				waiting: 3,
				oldestSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
				subject: 'MESH mailbox X26ABC2: nothing is being collected',
				text: expect.stringContaining(text),
			},
		]);
		expect(mail.mails).toEqual([expect.stringMatching(/^Subject: MESH mailbox X26ABC2: nothing is being collected$/m)]);
		expect([execution.status, execution.error?.message]).toEqual(['error', expect.stringContaining(text)]);
	});

	it('fails as shipped as well, when nobody is mailed yet', async () => {
		const { execution } = await watch(95, ['first'], shipped(FILE));
		expect([execution.status, execution.error?.message, mail.mails]).toEqual([
			'error',
			expect.stringContaining('1 waiting in MESH mailbox X26ABC2'),
			[],
		]);
	});

	it('passes over a message that was collected while it looked', async () => {
		const gone = (sandbox: Sandbox, [id]: string[]) => sandbox.arm({ call: 'head', path: id, fault: { kind: 'status', status: 410 } });
		const { execution } = await watch(95, ['first'], switchedOn(FILE), gone);
		expect([execution.status, execution.items('Write the alarm'), mail.mails]).toEqual(['success', [], []]);
	});
});
