import { randomBytes } from 'node:crypto';
import { runWorkflow } from '../../n8n-lab/rest/executions';
import { createWorkflow } from '../../n8n-lab/rest/workflows';
import { readExamples } from '../../n8n-lab/exampleWorkflows';
import type { UploadState } from '../../nodes/Mesh/client';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { chain, manualTrigger, sendNode } from './support/workflowBuilder';

const EVENT_TIMEOUT_MS = 30_000;

let mesh: MeshFixture;
beforeAll(async () => {
	mesh = await startMesh();
});
afterEach(async () => await mesh.sandbox.reset());
afterAll(async () => await mesh.close());

const tries = (call: string) => mesh.sandbox.requests.filter((request) => request.call === call).length;

describe('an upload that breaks off', () => {
	it('goes on in the error branch of the example, and arrives once and whole', async () => {
		const example = (await readExamples()).get('continue-interrupted-upload.json')!;
		// As often as the node tries by itself, and once more.
		mesh.sandbox.arm({ call: 'sendChunk', chunk: 3, times: 5, fault: { kind: 'status', status: 503 } });
		const execution = await mesh.run({ ...example, id: undefined }, 90_000);
		expect([execution.status, execution.error]).toEqual(['success', undefined]);
		const [broken] = execution.items('Send the file', 1);
		expect(broken.json.error).toMatchObject({ errorCode: 'MESH_UPLOAD_INTERRUPTED', upload: { nextChunk: 3 } });
		const [tracked] = execution.items('Track it');
		expect(tracked.json).toMatchObject({ status: 'accepted' });
		expect(mesh.sandbox.messagesTo('X26ABC2').map(({ messageId }) => messageId)).toEqual([tracked.json.messageId]);
		const lines = (await mesh.sandbox.content(String(tracked.json.messageId))).toString().trim().split('\n');
		expect([lines.length, lines.at(-1)?.split(',')[0]]).toEqual([8_001, '8000']);
		expect(tries('send')).toBe(1);
	});

	it('ends at once with the Stop button, and n8n keeps with the execution what it takes to continue', async () => {
		const text = randomBytes(60).toString('hex');
		const options = { chunkSize: 50 / 1_048_576, compression: 'never' };
		const workflow = (more: Record<string, unknown> = {}) =>
			chain(
				'Stopped upload',
				manualTrigger(),
				sendNode(mesh.credentials.X26ABC1, 'X26ABC2', { contentFrom: 'text', text, options: { ...options, ...more } }),
			);
		mesh.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'stall', where: 'beforeAnswer' } });
		const { id } = await createWorkflow(mesh.rest, workflow());
		const executionId = await runWorkflow(mesh.rest, id, 'Start');
		await eventually('the second chunk is on its way', () => (tries('sendChunk') === 1 ? true : undefined), EVENT_TIMEOUT_MS);
		await mesh.rest.call('POST', `/rest/executions/${executionId}/stop`);
		// Its error comes after n8n has stored the execution as stopped, so that only the custom data can have it.
		const upload = await eventually(
			'n8n keeps the state of the upload',
			async () => {
				const { status, customData } = await mesh.rest.call<{ status: string; customData?: Record<string, string> }>(
					'GET',
					`/rest/executions/${executionId}`,
				);
				const state = customData?.meshContinueUpload_0;
				return status === 'canceled' && state !== undefined ? (JSON.parse(state) as UploadState) : undefined;
			},
			EVENT_TIMEOUT_MS,
		);
		expect(upload).toMatchObject({ nextChunk: 2, chunkCount: 3 });
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([]);

		const continued = await mesh.run(workflow({ continueUpload: JSON.stringify(upload) }));
		expect([continued.status, continued.error]).toEqual(['success', undefined]);
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([upload.messageId]);
		expect((await mesh.sandbox.content(upload.messageId)).toString()).toBe(text);
	});
});
