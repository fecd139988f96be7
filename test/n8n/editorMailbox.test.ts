import { startWithAction } from '../../n8n-lab/editor/openEditor';
import { editorTests } from './support/editorFixture';

const itInEditor = editorTests();

const MAILBOX = 'MESH sandbox X26ABC1';

describe('somebody who sets MESH up', () => {
	itInEditor('checks the connection and sees certificates, clock and inbox', async (fixture) => {
		const { panel, mesh } = fixture;
		await mesh.sandbox.putMessage({ to: 'X26ABC1', content: 'waiting' });
		await startWithAction(fixture, 'GP', 'Check the connection of a mailbox');
		await panel.chooseCredential(MAILBOX);
		await panel.execute();
		const [report] = await panel.outputItems();
		expect(report).toMatchObject({ mailboxId: 'X26ABC1', connected: true, approximateInboxCount: 1 });
		expect(report.clientCertificateDaysLeft).toBeGreaterThan(0);
		expect(report).not.toHaveProperty('problem');
		expect(mesh.sandbox.requests.map(({ call }) => call)).toContain('handshake');
	});

	itInEditor('looks up the mailboxes of an organisation', async (fixture) => {
		const { panel, mesh } = fixture;
		await startWithAction(fixture, 'HL7', 'Look up the mailboxes of an organisation');
		await panel.chooseCredential(MAILBOX);
		await panel.fill('odsCode', 'X26');
		await panel.fill('workflowId', 'TEST_WORKFLOW');
		await panel.execute();
		expect(await panel.outputItems()).toEqual([
			{ mailboxId: 'X26ABC2', mailboxName: 'TESTMB2', odsCode: 'X26', workflowId: 'TEST_WORKFLOW' },
		]);
		expect(mesh.sandbox.requests.map(({ call, status }) => [call, status])).toContainEqual(['lookup', 200]);
	});
});
