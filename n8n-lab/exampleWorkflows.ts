import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './paths';
import type { WorkflowFile } from './rest/workflows';

/** Names of the nodes and files in examples/ that the demo and the tests rely on. */
export const sendExample = {
	file: 'send-a-file.json',
	trigger: 'Send now',
	sourceNode: 'Make the file',
	sendNode: 'Send the file',
	statusNode: 'Its status',
} as const;
export const receiveExample = { file: 'receive-messages.json', trigger: 'MESH message arrives', replyNode: 'Reply' } as const;

/** The made-up patient of the GP example, registered with the practice of a sandbox mailbox; the number is of the range for tests. */
export const examplePatient = { nhsNumber: '9990000042', dateOfBirth: '19550109', surname: 'Testpatient', mailboxes: ['X26ABC3'] };

const TRIGGER_TYPE = 'n8n-nodes-nhs-mesh.meshTrigger';

/** All workflows in examples/, by file name. */
export async function readExamples(): Promise<Map<string, WorkflowFile & { id: string }>> {
	const folder = join(repositoryFolder, 'examples');
	const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
	return new Map(
		await Promise.all(
			files.map(async (file) => [file, JSON.parse(await readFile(join(folder, file), 'utf8')) as WorkflowFile & { id: string }] as const),
		),
	);
}

/** Read the same mailbox as the receiving example: only one of them may be published. */
const sharingMailbox = [
	'receive-pathology.json',
	'receive-nems-events.json',
	'receive-into-mesh-client-folder.json',
	'receive-transfer-of-care.json',
];

/** Whether a workflow starts by itself, so that it has to be published. */
export function startsByItself(file: string, workflow: WorkflowFile): boolean {
	return !sharingMailbox.includes(file) && workflow.nodes.some(({ type }) => type === TRIGGER_TYPE);
}
