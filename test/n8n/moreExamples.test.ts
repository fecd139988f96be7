import { readExamples } from '../../n8n-lab/exampleWorkflows';
import type { WorkflowFile } from '../../n8n-lab/rest/workflows';
import { MeshClient } from '../../nodes/Mesh/client';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';

const ARRIVAL_TIMEOUT_MS = 30_000;

let mesh: MeshFixture;
let examples: Awaited<ReturnType<typeof readExamples>>;

beforeAll(async () => {
	mesh = await startMesh();
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

describe('the example workflows for common tasks', () => {
	it('send a large extract in chunks, and confirm its delivery once the recipient has collected it', async () => {
		const recipient = new MeshClient({
			baseUrl: mesh.sandbox.url,
			mailboxId: 'X26ABC2',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			tls: {
				clientCertificate: mesh.sandbox.certificates.client.certificate,
				privateKey: mesh.sandbox.certificates.client.privateKey,
				caCertificates: mesh.sandbox.certificates.ca,
			},
		});
		const running = run('send-large-extract.json', 90_000);
		const collect = async () => {
			const messageId = await eventually('the extract arrives', () => mesh.sandbox.inbox('X26ABC2').at(0), ARRIVAL_TIMEOUT_MS);
			// Only after the workflow has asked once in vain.
			await eventually(
				'the workflow tracks it',
				() => mesh.sandbox.requests.some(({ call, status }) => call === 'track' && status !== undefined) || undefined,
				ARRIVAL_TIMEOUT_MS,
			);
			await recipient.acknowledge(messageId);
			await recipient.close();
		};
		const [execution] = await Promise.all([running, collect()]);
		const [{ json }] = execution.items('Send the extract');
		expect(mesh.sandbox.message(String(json.messageId))?.chunkCount).toBeGreaterThan(1);
		expect(execution.items('Delivered')[0].json).toEqual({ messageId: json.messageId, result: expect.stringContaining('collected') });
	});

	it('say of a large extract that nobody has collected it, when they have asked often enough', async () => {
		const text = JSON.stringify(example('send-large-extract.json'));
		expect(text).toContain('"rightValue":150');
		const workflow = JSON.parse(text.replace('"rightValue":150', '"rightValue":1')) as WorkflowFile;
		const execution = await mesh.run(workflow, 90_000);
		const [{ messageId }] = mesh.sandbox.messagesTo('X26ABC2');
		expect([execution.status, execution.items('Not collected yet').map(({ json }) => json)]).toEqual([
			'success',
			[{ messageId, result: 'Nobody has collected the extract so far' }],
		]);
		expect(mesh.sandbox.requests.filter(({ call }) => call === 'track')).toHaveLength(2);
	});

	it('say that a large extract failed, once MESH gives it up', async () => {
		const { behaviour } = mesh.sandbox;
		const kept = behaviour.expireAfterMs;
		const running = mesh.run(example('send-large-extract.json'), 90_000);
		try {
			await eventually(
				'the workflow tracks it',
				() => mesh.sandbox.requests.some(({ call }) => call === 'track') || undefined,
				ARRIVAL_TIMEOUT_MS,
			);
			behaviour.expireAfterMs = 1;
			const execution = await running;
			expect(execution.status).toBe('error');
			expect(execution.error?.message).toMatch(/^The extract \S+ was not delivered: undeliverable/);
		} finally {
			behaviour.expireAfterMs = kept;
		}
	});
});

describe('what the editor asks n8n for', () => {
	it('finds the output schemas of the package', async () => {
		for (const path of [
			'n8n-nodes-nhs-mesh.mesh/1.0.0/message/send',
			'n8n-nodes-nhs-mesh.mesh/1.0.0/mailbox/checkConnection',
			'n8n-nodes-nhs-mesh.meshTrigger/1.0.0',
		]) {
			const response = await mesh.rest.request('GET', `/schemas/${path}.json`);
			expect([path, response.status]).toEqual([path, 200]);
			expect(await response.json()).toMatchObject({ type: 'object', properties: expect.any(Object) });
		}
	});

	it('finds recipients for the list of Send', async () => {
		const { results } = await mesh.rest.call<{ results: Array<{ name: string; value: string }> }>(
			'POST',
			'/rest/dynamic-node-parameters/resource-locator-results',
			{
				path: 'parameters.to',
				methodName: 'searchMailboxes',
				nodeTypeAndVersion: { name: 'n8n-nodes-nhs-mesh.mesh', version: 1 },
				currentNodeParameters: {
					resource: 'message',
					operation: 'send',
					workflowId: 'TEST_WORKFLOW2',
					to: { __rl: true, mode: 'list', value: '' },
				},
				credentials: { meshApi: { id: mesh.credentials.X26ABC1, name: 'MESH sandbox X26ABC1' } },
				filter: 'X27',
			},
		);
		expect(results.map(({ value }) => value)).toEqual(['X26ABC3']);
	});
});
