import { startWithAction } from '../../n8n-lab/editor/openEditor';
import { editorTests } from './support/editorFixture';
import type { EditorFixture } from './support/editorFixture';

const itInEditor = editorTests();

const MAILBOX = 'MESH sandbox X26ABC2';

/** Adds one of the actions behind a node: its panel opens. */
async function addAfter({ canvas, nodeCreator, panel }: EditorFixture, node: string, action: string): Promise<void> {
	await panel.close();
	await canvas.addStepAfter(node);
	await nodeCreator.openActions('nhs mesh', 'NHS MESH');
	await nodeCreator.choose(action);
	await panel.chooseCredential(MAILBOX);
}

describe('somebody who reads a mailbox step by step', () => {
	itInEditor('lists it, downloads a message, replies to its sender, and acknowledges it', async (fixture) => {
		const { panel, mesh } = fixture;
		const { sandbox } = mesh;
		const messageId = await sandbox.putMessage({
			to: 'X26ABC2',
			from: 'X26ABC1',
			content: 'Dear colleague',
			fileName: 'letter.txt',
			contentType: 'text/plain',
			localId: 'LETTER-1',
		});

		await startWithAction(fixture, 'healthcare', 'Get many messages');
		await panel.chooseCredential(MAILBOX);
		await panel.execute();
		expect(await panel.outputItems()).toEqual([{ messageId }]);

		await addAfter(fixture, 'Get many messages', 'Download a message');
		await panel.choose('outputAs', 'Text');
		await panel.execute();
		const [downloaded] = await panel.outputItems();
		expect(downloaded).toMatchObject({ messageId, from: 'X26ABC1', fileName: 'letter.txt', content: 'Dear colleague' });

		await addAfter(fixture, 'Download a message', 'Reply to a message');
		await panel.fill('text', 'We have it.');
		await panel.execute();
		const [reply] = sandbox.messagesTo('X26ABC1');
		expect(reply).toMatchObject({ from: 'X26ABC2', workflowId: 'TEST_WORKFLOW_ACK', localId: 'LETTER-1' });
		expect((await sandbox.content(reply.messageId)).toString()).toBe('We have it.');
		expect(await panel.outputItems()).toMatchObject([{ messageId: reply.messageId, to: 'X26ABC1' }]);

		await addAfter(fixture, 'Reply to a message', 'Acknowledge a message');
		await panel.fillFixed('messageId', messageId);
		await panel.execute();
		expect(await panel.outputItems()).toEqual([{ messageId, acknowledged: true }]);
		expect(sandbox.inbox('X26ABC2')).toEqual([]);
	});

	itInEditor('sees a downloaded file with its name and can download it from n8n', async (fixture) => {
		const { panel, mesh } = fixture;
		const messageId = await mesh.sandbox.putMessage({
			to: 'X26ABC2',
			content: 'a,b\n1,2\n',
			fileName: 'table.csv',
			contentType: 'text/csv',
		});
		await startWithAction(fixture, 'mailbox', 'Download a message');
		await panel.chooseCredential(MAILBOX);
		await panel.fillFixed('messageId', messageId);
		await panel.execute();
		await panel.output.getByTestId('radio-button-binary').click();
		expect(await panel.output.getByTestId('ndv-binary-data_0').innerText()).toMatch(/table\.csv[\s\S]*text\/csv/);
		expect(mesh.sandbox.inbox('X26ABC2')).toEqual([messageId]);
	});
});
