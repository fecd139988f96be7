import { enterCredential } from '../n8n-lab/editor/CredentialDialog';
import { startWithAction } from '../n8n-lab/editor/openEditor';
import type { Editor } from '../n8n-lab/editor/openEditor';
import { examplePatient, receiveExample, sendExample } from '../n8n-lab/exampleWorkflows';
import type { readExamples } from '../n8n-lab/exampleWorkflows';
import { credentialName, sandboxCredential } from '../n8n-lab/rest/credentials';
import { publishWorkflow, unpublishWorkflow } from '../n8n-lab/rest/workflows';
import type { WorkflowFile } from '../n8n-lab/rest/workflows';
import { bufferSource } from '../nodes/Mesh/client';
import { sandboxClient } from './sandbox';
import type { Demo } from './startDemo';

/** What the pictures are taken from. */
export interface Scene {
	editor: Editor;
	demo: Demo;
	examples: Awaited<ReturnType<typeof readExamples>>;
}

/** A picture of docs/images/. */
export interface Picture {
	file: string;
	/** For the progress line. */
	shows: string;
	/** Brings the editor to what the picture shows. */
	arrange(scene: Scene): Promise<void>;
}

const SENDER = credentialName('X26ABC1');
/** Several mailboxes of the sandbox are registered for it. */
const SHARED_WORKFLOW = 'TEST_WORKFLOW2';

/** In the order in which they are taken: a message that one of them sends is what a later one receives. */
export const pictures: Picture[] = [
	{
		file: 'execution-reports.png',
		shows: 'an execution with a report',
		async arrange({ editor, demo, examples }) {
			const { id } = examples.get(receiveExample.file)!;
			await causeReport(demo, 'X26ABC2');
			await publishWorkflow(demo.rest, id);
			await editor.canvas.open(id);
			await editor.executions.open();
			await editor.executions.show('Succeeded');
			// So that messages wait for the trigger's test.
			await unpublishWorkflow(demo.rest, id);
		},
	},
	{
		file: 'send-workflow.png',
		shows: 'the sending workflow',
		async arrange({ editor, demo, examples }) {
			const workflow = examples.get(sendExample.file)!;
			const receiver = examples.get(receiveExample.file)!.id;
			await publishWorkflow(demo.rest, receiver);
			await runWorkflow(editor, workflow.id, countNodes(workflow));
			await unpublishWorkflow(demo.rest, receiver);
		},
	},
	{
		file: 'send-node.png',
		shows: 'the panel of Send',
		async arrange({ editor, examples }) {
			await editor.canvas.open(examples.get(sendExample.file)!.id);
			await runNode(editor, sendExample.sendNode);
		},
	},
	{
		file: 'credential.png',
		shows: 'the credential',
		async arrange({ editor }) {
			await editor.panel.editCredential();
			await editor.credential.expectTested();
		},
	},
	{
		file: 'credential-certificates.png',
		shows: 'the certificate fields of the credential',
		arrange: async ({ editor }) => await editor.credential.scrollTo('caCertificates'),
	},
	{
		file: 'trigger-node.png',
		shows: 'the panel of the trigger',
		async arrange({ editor, examples }) {
			await editor.canvas.open(examples.get(receiveExample.file)!.id);
			await runNode(editor, receiveExample.trigger);
		},
	},
	{
		file: 'trigger-policies.png',
		shows: 'the choices of Acknowledge',
		async arrange({ editor }) {
			await editor.panel.openOptions('acknowledge');
		},
	},
	{
		file: 'receive-workflow.png',
		shows: 'the receiving workflow',
		async arrange({ editor, examples }) {
			const workflow = examples.get(receiveExample.file)!;
			// All but the branch for reports.
			await runWorkflow(editor, workflow.id, countNodes(workflow) - 1);
		},
	},
	{
		file: 'reply-node.png',
		shows: 'the panel of Reply',
		arrange: async ({ editor }) => await editor.panel.open(receiveExample.replyNode),
	},
	{
		file: 'node-search.png',
		shows: 'the node in the search',
		async arrange({ editor }) {
			await editor.canvas.openNew();
			await editor.canvas.addFirstStep();
			await editor.nodeCreator.search('mesh', 'NHS MESH');
		},
	},
	{
		file: 'node-actions.png',
		shows: 'the actions of the node',
		arrange: async ({ editor }) => await editor.nodeCreator.openActions('mesh', 'NHS MESH'),
	},
	{
		file: 'recipient-list.png',
		shows: 'the list of recipients',
		async arrange({ editor: { nodeCreator, panel } }) {
			await nodeCreator.choose('Send a message');
			await panel.chooseCredential(SENDER);
			await panel.fill('workflowId', SHARED_WORKFLOW);
			await panel.openList('to');
		},
	},
	{
		file: 'gp-practice.png',
		shows: "sending to a patient's practice",
		async arrange({ editor }) {
			const { panel } = editor;
			const { nhsNumber, dateOfBirth, surname } = examplePatient;
			await startWithAction(editor, 'mesh', 'Send a message');
			await panel.chooseCredential(SENDER);
			await panel.fill('workflowId', 'GPFED_CONSULT_REPORT');
			await panel.choose('sendTo', "Patient's GP Practice");
			await panel.fill('nhsNumber', nhsNumber);
			await panel.fill('dateOfBirth', dateOfBirth.replace(/(....)(..)(..)/, '$1-$2-$3'));
			await panel.fill('surname', surname);
			await panel.input.getByText('No input data').click(); // closes the tip under the last field
		},
	},
	{
		file: 'check-connection.png',
		shows: 'what Check Connection found',
		async arrange({ editor }) {
			const { panel } = editor;
			await startWithAction(editor, 'mesh', 'Check the connection of a mailbox');
			await panel.chooseCredential(SENDER);
			await panel.execute();
			await panel.outputItems();
		},
	},
	{
		file: 'credential-failed-test.png',
		shows: 'a credential that does not work',
		async arrange({ editor, demo }) {
			const { panel, credential } = editor;
			const right = sandboxCredential('X26ABC1', demo.sandboxUrl, demo.certificates);
			// A node that has not run: of a second run n8n does not always say when it ends.
			await startWithAction(editor, 'mesh', 'Check the connection of a mailbox');
			await panel.createCredential();
			await enterCredential(credential, { ...right, data: { ...right.data, mailboxPassword: 'not the password' } });
			await credential.failure();
		},
	},
	{
		file: 'check-connection-failed.png',
		shows: 'what Check Connection tells when something is wrong',
		async arrange({ editor: { panel, credential } }) {
			await credential.close();
			await panel.execute();
			await panel.outputItems();
		},
	},
];

/** "Execute workflow", until so many nodes are successful. */
async function runWorkflow({ canvas }: Editor, id: string, nodes: number): Promise<void> {
	await canvas.open(id);
	await canvas.execute(nodes);
	await canvas.fit();
}

/** Shows the output as JSON. */
async function runNode({ panel }: Editor, node: string): Promise<void> {
	await panel.open(node);
	await panel.execute();
	await panel.outputItems();
}

function countNodes({ nodes }: WorkflowFile): number {
	return nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote').length;
}

/** Sends to a mailbox that does not exist: MESH refuses, and puts a report into the sender's inbox. */
export async function causeReport(demo: Demo, mailboxId: string): Promise<void> {
	const client = sandboxClient(demo, mailboxId);
	const message = { to: 'X26NOBODY', workflowId: 'TEST_WORKFLOW', source: bufferSource(Buffer.from('Hello')) };
	try {
		await client.send(message).catch((refusal: unknown) => refusal);
	} finally {
		await client.close();
	}
}
