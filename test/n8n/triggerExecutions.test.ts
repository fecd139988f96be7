import { listExecutions, readExecution, runWorkflow, waitForExecution } from '../../n8n-lab/rest/executions';
import { createWorkflow } from '../../n8n-lab/rest/workflows';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { chain, meshTrigger } from './support/workflowBuilder';

const RUN_TIMEOUT_MS = 60_000;
const POLL_TIMEOUT_MS = 130_000;

let mesh: MeshFixture;

beforeAll(async () => (mesh = await startMesh()));

afterEach(async () => {
	await mesh.unpublish();
	await mesh.sandbox.reset();
});

afterAll(async () => await mesh.close());

const downloads = () => mesh.sandbox.requests.filter(({ call }) => call === 'download');

async function acknowledged(messageId: string): Promise<void> {
	const isAcknowledged = () => (mesh.sandbox.message(messageId)?.status === 'acknowledged' ? true : undefined);
	await eventually('the message is acknowledged', isAcknowledged, RUN_TIMEOUT_MS);
}

describe('a workflow that waits', () => {
	it('has its message acknowledged when it goes to sleep, and still has the content when it goes on', async () => {
		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC2', content: 'ask a person first' });
		const workflow = await mesh.publish(
			chain(
				'waits',
				meshTrigger(mesh.credentials.X26ABC2, { outputAs: 'text' }),
				{
					name: 'Ask',
					type: 'n8n-nodes-base.code',
					typeVersion: 2,
					parameters: { jsCode: 'return [{ json: { ...$input.first().json, answerAt: $execution.resumeUrl } }];' },
				},
				{
					name: 'Wait for the answer',
					type: 'n8n-nodes-base.wait',
					typeVersion: 1.1,
					parameters: { resume: 'webhook' },
					more: { webhookId: '0c2f5c92-53d1-4f6c-8f62-2f0d2a5f0b11' },
				},
				{
					name: 'Go on',
					type: 'n8n-nodes-base.code',
					typeVersion: 2,
					parameters: { jsCode: "return [{ json: { content: $('Arrives').first().json.content } }];" },
				},
			),
		);
		const waiting = await eventually(
			'an execution that waits',
			async () => (await listExecutions(mesh.rest, workflow)).find(({ status }) => status === 'waiting'),
			POLL_TIMEOUT_MS,
		);
		await acknowledged(messageId);

		const [{ json }] = (await readExecution(mesh.rest, waiting.id)).items('Ask');
		expect((await fetch(String(json.answerAt))).status).toBe(200);
		const ended = await waitForExecution(mesh.rest, waiting.id, RUN_TIMEOUT_MS);
		expect([ended.status, ended.error]).toEqual(['success', undefined]);
		expect(ended.items('Go on')[0].json).toEqual({ content: 'ask a person first' });
		await expect(listExecutions(mesh.rest, workflow)).resolves.toHaveLength(1);
	});
});

describe('an execution that is stopped', () => {
	it('breaks its download off, and the message is delivered again', async () => {
		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC2', content: Buffer.alloc(50_000, 'a letter '), gzip: false });
		mesh.sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 1_000 }, times: 1 });
		const workflow = await mesh.publish(
			chain('stopped', meshTrigger(mesh.credentials.X26ABC2, { outputAs: 'text', options: { redeliveryPause: 0 } })),
		);
		const running = await eventually(
			'an execution that downloads',
			async () =>
				downloads().length > 0 ? (await listExecutions(mesh.rest, workflow)).find(({ status }) => status === 'running') : undefined,
			POLL_TIMEOUT_MS,
		);
		await mesh.rest.call('POST', `/rest/executions/${running.id}/stop`);
		const [stopped, again] = await mesh.finished(workflow, 2);
		expect([stopped.id, stopped.status]).toEqual([running.id, 'canceled']);
		expect([again.status, again.items('Arrives')[0].json]).toEqual(['success', expect.objectContaining({ messageId, deliveryAttempt: 2 })]);
		await acknowledged(messageId);
		expect(downloads()).toHaveLength(2);
	});
});

describe('a test of the trigger in the editor', () => {
	it('takes the oldest message, and leaves it in the inbox', async () => {
		const oldest = await mesh.sandbox.putMessage({ to: 'X26ABC2', content: 'the oldest' });
		const other = await mesh.sandbox.putMessage({ to: 'X26ABC2', content: 'another' });
		const { id } = await createWorkflow(mesh.rest, chain('tested', meshTrigger(mesh.credentials.X26ABC2, { outputAs: 'text' })));
		const tested = await waitForExecution(mesh.rest, await runWorkflow(mesh.rest, id, 'Arrives'), RUN_TIMEOUT_MS);
		expect([tested.status, tested.error]).toEqual(['success', undefined]);
		expect(tested.items('Arrives').map(({ json }) => [json.messageId, json.content])).toEqual([[oldest, 'the oldest']]);
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([oldest, other]);
	});
});
