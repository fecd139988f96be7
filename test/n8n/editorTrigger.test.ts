import { unpublishWorkflow } from '../../n8n-lab/rest/workflows';
import { editorTests } from './support/editorFixture';
import type { EditorFixture } from './support/editorFixture';
import { eventually } from './support/eventually';

const itInEditor = editorTests();

const ACKNOWLEDGE_TIMEOUT_MS = 30_000;

/** A new workflow with the trigger in it, its panel open. */
async function addTrigger({ canvas, nodeCreator, panel }: EditorFixture): Promise<void> {
	await canvas.openNew();
	await canvas.addFirstStep();
	await (await nodeCreator.search('MESH', 'NHS MESH')).click();
	await nodeCreator.choose('On message received');
	await panel.chooseCredential('MESH sandbox X26ABC2');
}

describe('somebody who adds the trigger', () => {
	itInEditor('sees when a message is acknowledged and what each choice means, not cut off', async (fixture) => {
		const { panel } = fixture;
		await addTrigger(fixture);
		const policies = await panel.openOptions('acknowledge');
		expect(await policies.allInnerTexts()).toEqual([
			expect.stringMatching(/^When Workflow Succeeds\s+Recommended/),
			expect.stringMatching(/^When Workflow Finishes\s/),
			expect.stringMatching(/^Immediately After Download\s/),
			expect.stringMatching(/^Later \(Acknowledge Operation\)\s/),
		]);
		const cutOff = await policies
			.locator('.option-description')
			.evaluateAll((descriptions) =>
				descriptions.filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight).map(({ textContent }) => textContent),
			);
		expect(cutOff).toEqual([]);
	});

	itInEditor('is told that the inbox is empty, and gets a test event when a message waits, which stays in the inbox', async (fixture) => {
		const { panel, mesh } = fixture;
		await addTrigger(fixture);
		await panel.choose('outputAs', 'Text');
		await panel.execute();
		expect(await panel.output.getByTestId('node-hint').innerText()).toMatch(/The inbox is empty\. Send a message to this mailbox/);

		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'For a test', subject: 'Test event' });
		await panel.execute();
		expect(await panel.outputItems()).toMatchObject([
			{ messageId, from: 'X26ABC1', subject: 'Test event', content: 'For a test', deliveryAttempt: 1 },
		]);
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([messageId]);
	});

	itInEditor('publishes the workflow, and a message arrives in an execution and leaves the inbox', async (fixture) => {
		const { canvas, panel, executions, mesh } = fixture;
		const messageId = await mesh.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'For real', subject: 'A real event' });
		await addTrigger(fixture);
		await panel.choose('outputAs', 'Text');
		await panel.close();
		const workflowId = await canvas.workflowId();
		try {
			expect(await canvas.publish()).toMatch(/The mailbox is being validated/);
			await executions.open();
			await executions.show('Succeeded');
			await panel.open('NHS MESH Trigger');
			expect(await panel.outputItems()).toMatchObject([{ messageId, subject: 'A real event', content: 'For real' }]);
			await eventually('the inbox is empty', () => mesh.sandbox.inbox('X26ABC2').length === 0 || undefined, ACKNOWLEDGE_TIMEOUT_MS);
			expect(mesh.sandbox.message(messageId)?.status).toBe('acknowledged');
			await panel.close();
		} finally {
			await unpublishWorkflow(mesh.rest, workflowId);
		}
	});
});
