import { enterCredential } from '../../n8n-lab/editor/CredentialDialog';
import { startWithAction } from '../../n8n-lab/editor/openEditor';
import { MAILBOX_PASSWORD, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { editorTests } from './support/editorFixture';
import type { EditorFixture } from './support/editorFixture';
import { clientCertificates } from './support/meshFixture';

const itInEditor = editorTests();

/** Fills in what Send asks for, but for the recipient. */
async function fillText({ panel }: EditorFixture, text: string): Promise<void> {
	await panel.fill('workflowId', 'TEST_WORKFLOW');
	await panel.choose('contentFrom', 'Text');
	await panel.fill('text', text);
}

/** Enters the credential of X26ABC1 in its window. */
async function enterSandboxCredential({ credential, mesh: { sandbox } }: EditorFixture, mailboxPassword: string): Promise<void> {
	const right = sandboxCredential('X26ABC1', sandbox.url, clientCertificates(sandbox.certificates));
	await enterCredential(credential, { ...right, data: { ...right.data, mailboxPassword } });
}

describe('somebody who sends a message for the first time', () => {
	itInEditor('enters the credential, chooses the recipient from the list, and sees the message ID', async (fixture) => {
		const { panel, credential, mesh } = fixture;
		await startWithAction(fixture, 'MESH', 'Send a message');
		await panel.createCredential();
		await enterSandboxCredential(fixture, MAILBOX_PASSWORD);
		await credential.root.waitFor({ state: 'hidden' });
		await panel.editCredential();
		await credential.expectTested();
		await credential.close();

		await fillText(fixture, 'The clinic is closed on Monday.');
		const mailboxes = await panel.openList('to', 'abc2');
		expect(await mailboxes.allInnerTexts()).toEqual(['TESTMB2 (X26ABC2)']);
		await mailboxes.click();
		await panel.execute();

		const [item] = await panel.outputItems();
		const [sent] = mesh.sandbox.messagesTo('X26ABC2');
		expect(sent).toMatchObject({ from: 'X26ABC1', workflowId: 'TEST_WORKFLOW', status: 'accepted' });
		expect(item).toMatchObject({ messageId: sent.messageId, to: 'X26ABC2', bytes: 31 });
		expect((await mesh.sandbox.content(sent.messageId)).toString()).toBe('The clinic is closed on Monday.');
	});

	itInEditor('is told by the credential and by the node what to check when the password is wrong', async (fixture) => {
		const { panel, credential, mesh } = fixture;
		await startWithAction(fixture, 'Spine', 'Send a message');
		await panel.createCredential();
		await enterSandboxCredential(fixture, 'not the password');
		expect(await credential.failure()).toMatch(/Check the mailbox ID, the mailbox password and the shared key/);
		await credential.close();

		await fillText(fixture, 'Never sent.');
		await panel.enterId('to', 'X26ABC2');
		await panel.execute();
		const shown = await panel.output.innerText();
		expect(shown).toMatch(/Could not send the message/);
		expect(shown).toMatch(/Check the mailbox ID, the mailbox password and the shared key/);
		expect(shown).not.toMatch(/not the password|TestKey|NHSMESH /);
		expect(mesh.sandbox.messagesTo('X26ABC2')).toEqual([]);
	});
});

describe('a message that was sent', () => {
	itInEditor('to a mailbox by its ID is tracked by the next node, which is offered its fields before anything ran', async (fixture) => {
		const { canvas, nodeCreator, panel, mesh } = fixture;
		await startWithAction(fixture, 'NHS', 'Send a message');
		await panel.chooseCredential('MESH sandbox X26ABC1');
		await fillText(fixture, 'Hello');
		await panel.enterId('to', 'X26ABC3');
		await panel.close();

		await canvas.addStepAfter('Send a message');
		await nodeCreator.openActions('mesh', 'NHS MESH');
		await nodeCreator.choose('Track a message');
		await panel.chooseCredential('MESH sandbox X26ABC1');
		expect(await panel.inputFields()).toEqual(expect.arrayContaining(['messageId', 'localId', 'to', 'bytes']));
		await panel.execute();

		const [item] = await panel.outputItems();
		const [sent] = mesh.sandbox.messagesTo('X26ABC3');
		expect(item).toMatchObject({ messageId: sent.messageId, status: 'accepted', to: 'X26ABC3', workflowId: 'TEST_WORKFLOW' });
	});
});
