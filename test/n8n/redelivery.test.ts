import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { chain, meshTrigger } from './support/workflowBuilder';

let mesh: MeshFixture;

beforeAll(async () => (mesh = await startMesh()));

afterAll(async () => await mesh.close());

describe('a message whose workflow fails', () => {
	it('stays in the mailbox, is delivered again, and is acknowledged when the workflow has succeeded', async () => {
		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC2', content: 'try twice' });
		const workflow = await mesh.publish(
			chain('fails at first', meshTrigger(mesh.credentials.X26ABC2, { outputAs: 'text', options: { redeliveryPause: 0 } }), {
				name: 'Fail the first time',
				type: 'n8n-nodes-base.code',
				typeVersion: 2,
				parameters: { jsCode: "if ($input.first().json.deliveryAttempt === 1) throw new Error('not yet');\nreturn $input.all();" },
			}),
		);

		const [first] = await mesh.finished(workflow);
		expect(first.status).toBe('error');
		expect(first.items('Arrives')[0].json).toMatchObject({ messageId, deliveryAttempt: 1, content: 'try twice' });
		expect(mesh.sandbox.message(messageId)?.status).toBe('accepted');
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([messageId]);

		const [, second] = await mesh.finished(workflow, 2);
		expect(second.status).toBe('success');
		expect(second.items('Arrives')[0].json).toMatchObject({ messageId, deliveryAttempt: 2 });
		expect(mesh.sandbox.message(messageId)?.status).toBe('acknowledged');
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([]);
	});
});
