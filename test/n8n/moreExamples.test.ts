import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examplePatient, readExamples } from '../../n8n-lab/exampleWorkflows';
import type { WorkflowFile } from '../../n8n-lab/rest/workflows';
import { MeshClient } from '../../nodes/Mesh/client';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { sharedN8n } from './support/sharedN8n';

const ARRIVAL_TIMEOUT_MS = 30_000;

let mesh: MeshFixture;
let examples: Awaited<ReturnType<typeof readExamples>>;

beforeAll(async () => {
	mesh = await startMesh();
	mesh.sandbox.behaviour.patients = [examplePatient];
	examples = await readExamples();
});
afterEach(async () => await mesh.sandbox.reset());
afterAll(async () => await mesh.close());

/** Without its ID, so that it can be run a second time. */
const example = (file: string): WorkflowFile => ({ ...examples.get(file)!, id: undefined });

/** Runs an example by hand; it must succeed. */
async function run(file: string, timeoutMs?: number) {
	const execution = await mesh.run(example(file), timeoutMs);
	expect([execution.status, execution.error]).toEqual(['success', undefined]);
	return execution;
}

async function textOf(messageId: string): Promise<string> {
	return (await mesh.sandbox.content(messageId)).toString();
}

describe('the example workflows for common tasks', () => {
	it('all explain themselves with sticky notes', () => {
		for (const [file, { nodes }] of examples) {
			expect([file, nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote').length > 0]).toEqual([file, true]);
		}
	});

	it('send a batch to NHS Notify, with routing plan and batch reference in the headers that it reads', async () => {
		const execution = await run('send-notify-batch.json');
		const [sent] = mesh.sandbox.messagesTo('X26ABC2');
		const { batchReference, routingPlanId } = execution.items('The batch')[0].json;
		expect(sent).toMatchObject({ workflowId: 'NHS_NOTIFY_SEND_REQUEST', subject: routingPlanId, localId: batchReference, contentType: expect.stringContaining('text/csv') });
		const lines = (await textOf(sent.messageId)).trim().split('\n');
		expect(lines).toHaveLength(501);
		expect(lines[0]).toContain('requestItemRefId');
		expect(execution.items('Find it again')[0].json).toMatchObject({ outcome: 'found', messageId: sent.messageId, status: 'accepted' });
	});

	it('send a document to the practice of a patient, who appears nowhere in what the node puts out', async () => {
		const execution = await run('send-document-to-gp.json');
		const [arrived] = mesh.sandbox.messagesTo('X26ABC3');
		expect(arrived).toMatchObject({ workflowId: 'GPFED_CONSULT_REPORT', from: 'X26ABC1' });
		expect(await textOf(arrived.messageId)).toContain('Dear colleague');
		const [{ json }] = execution.items('Send to the practice');
		expect(json).toMatchObject({ messageId: arrived.messageId });
		expect(JSON.stringify(json)).not.toMatch(/9990000042|19550109|Testpatient/i);
	});

	it('send a large extract in chunks, and confirm its delivery once the recipient has collected it', async () => {
		const recipient = new MeshClient({
			baseUrl: mesh.sandbox.url, mailboxId: 'X26ABC2', mailboxPassword: 'password', sharedKey: 'TestKey',
			tls: { clientCertificate: mesh.sandbox.certificates.client.certificate, privateKey: mesh.sandbox.certificates.client.privateKey, caCertificates: mesh.sandbox.certificates.ca },
		});
		const running = run('send-large-extract.json', 90_000);
		const collect = async () => {
			const messageId = await eventually('the extract arrives', () => mesh.sandbox.inbox('X26ABC2').at(0), ARRIVAL_TIMEOUT_MS);
			// Only after the workflow has asked once in vain.
			await eventually('the workflow tracks it', () => mesh.sandbox.requests.some(({ call, status }) => call === 'track' && status !== undefined) || undefined, ARRIVAL_TIMEOUT_MS);
			await recipient.acknowledge(messageId);
			await recipient.close();
		};
		const [execution] = await Promise.all([running, collect()]);
		const [{ json }] = execution.items('Send the extract');
		expect(json.chunkCount).toBeGreaterThan(1);
		expect(execution.items('Delivered')[0].json).toEqual({ messageId: json.messageId, result: expect.stringContaining('collected') });
	});

	it('say of a large extract that nobody has collected it, when they have asked often enough', async () => {
		const text = JSON.stringify(example('send-large-extract.json'));
		expect(text).toContain('"rightValue":150');
		const workflow = JSON.parse(text.replace('"rightValue":150', '"rightValue":1')) as WorkflowFile;
		const execution = await mesh.run(workflow, 90_000);
		const [{ messageId }] = mesh.sandbox.messagesTo('X26ABC2');
		expect([execution.status, execution.items('Not collected yet').map(({ json }) => json)]).toEqual(['success', [{ messageId, result: 'Nobody has collected the extract so far' }]]);
		expect(mesh.sandbox.requests.filter(({ call }) => call === 'track')).toHaveLength(2);
	});

	it('say that a large extract failed, once MESH gives it up', async () => {
		const { behaviour } = mesh.sandbox;
		const kept = behaviour.expireAfterMs;
		const running = mesh.run(example('send-large-extract.json'), 90_000);
		try {
			await eventually('the workflow tracks it', () => mesh.sandbox.requests.some(({ call }) => call === 'track') || undefined, ARRIVAL_TIMEOUT_MS);
			behaviour.expireAfterMs = 1;
			const execution = await running;
			expect(execution.status).toBe('error');
			expect(execution.error?.message).toMatch(/^The extract \S+ was not delivered: undeliverable/);
		} finally {
			behaviour.expireAfterMs = kept;
		}
	});

	it('receive pathology results, store them as files, tell the laboratory, and put reports on a branch of their own', async () => {
		const workflow = await mesh.publish(examples.get('receive-pathology.json')!);
		const other = await mesh.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', workflowId: 'TEST_WORKFLOW', content: 'not a result' });
		const result = await mesh.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', workflowId: 'PATH_MEDRPT_V3', localId: 'lab-7', content: 'a made-up result' });
		await eventually('the result is acknowledged', () => (mesh.sandbox.message(result)?.status === 'acknowledged' ? true : undefined), 130_000);
		expect(await readFile(join(sharedN8n().filesFolder, `result-${result}.dat`), 'utf8')).toBe('a made-up result');
		const [reply] = mesh.sandbox.messagesTo('X26ABC1');
		expect(reply).toMatchObject({ from: 'X26ABC2', workflowId: 'PATH_MEDRPT_V3_ACK', localId: 'lab-7' });
		expect(JSON.parse(await textOf(reply.messageId))).toEqual({ received: result, bytes: 16, status: 'stored' });
		const report = await mesh.sandbox.putReport({ to: 'X26ABC2', workflowId: 'PATH_MEDRPT_V3', linkedMessageId: 'GONE', code: '14', description: 'Not collected' });
		const executions = await mesh.finished(workflow, 2);
		expect(executions[1].items('What went wrong').map(({ json }) => json)).toEqual([{ message: 'GONE', reason: 'Not collected' }]);
		await eventually('the report is acknowledged', () => (mesh.sandbox.message(report)?.status === 'acknowledged' ? true : undefined), ARRIVAL_TIMEOUT_MS);
		expect(mesh.sandbox.message(other)?.status).toBe('accepted');
	});
});

describe('what the editor asks n8n for', () => {
	it('finds the output schemas of the package', async () => {
		for (const path of ['n8n-nodes-nhs-mesh.mesh/1.0.0/message/send', 'n8n-nodes-nhs-mesh.mesh/1.0.0/mailbox/checkConnection', 'n8n-nodes-nhs-mesh.meshTrigger/1.0.0']) {
			const response = await mesh.rest.request('GET', `/schemas/${path}.json`);
			expect([path, response.status]).toEqual([path, 200]);
			expect(await response.json()).toMatchObject({ type: 'object', properties: expect.any(Object) });
		}
	});

	it('finds recipients for the list of Send', async () => {
		const { results } = await mesh.rest.call<{ results: Array<{ name: string; value: string }> }>('POST', '/rest/dynamic-node-parameters/resource-locator-results', {
			path: 'parameters.to',
			methodName: 'searchMailboxes',
			nodeTypeAndVersion: { name: 'n8n-nodes-nhs-mesh.mesh', version: 1 },
			currentNodeParameters: { resource: 'message', operation: 'send', workflowId: 'TEST_WORKFLOW2', to: { __rl: true, mode: 'list', value: '' } },
			credentials: { meshApi: { id: mesh.credentials.X26ABC1, name: 'MESH sandbox X26ABC1' } },
			filter: 'X27',
		});
		expect(results.map(({ value }) => value)).toEqual(['X26ABC3']);
	});
});
