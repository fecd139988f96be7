import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExamples, receiveExample, sendExample } from '../exampleWorkflows';
import { unpublishWorkflow } from '../n8n/workflows';
import type { WorkflowFile } from '../n8n/workflows';
import { repositoryFolder } from '../paths';
import { describeFailure } from '../problem';
import { createProgress } from '../progress';
import type { Progress } from '../progress';
import { DEMO_STEPS, startDemo } from '../startDemo';
import type { Demo } from '../startDemo';
import { ensurePrograms } from '../system/aptPackages';
import { ENDING_SIGNALS, stopAllProcesses } from '../system/managedProcess';
import { findFreePorts, isPortFree } from '../system/ports';
import { openEditor } from './editor';
import type { Editor } from './editor';

const SHOTS = 5;
/** It shows in the picture of the credential. */
const USUAL_SANDBOX_PORT = 8700;

/** `npm run screenshots`: takes the pictures of docs/images/ from a fresh demo. @returns the exit code */
export async function main(): Promise<number> {
	for (const signal of ENDING_SIGNALS) process.once(signal, () => process.exit(1));
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-screenshots-'));
	try {
		const chromium = [{ program: 'chromium', debianPackage: 'chromium' }];
		await ensurePrograms(chromium, 'to take screenshots', join(folder, 'apt.log'), ['fonts-dejavu-core']);
		const progress = createProgress(process.stdout, DEMO_STEPS + SHOTS);
		const [port, freePort] = await findFreePorts(2);
		const sandboxPort = (await isPortFree(USUAL_SANDBOX_PORT)) ? USUAL_SANDBOX_PORT : freePort;
		const demo = await startDemo({ folder, port, sandboxPort }, progress);
		const editor = await openEditor(demo.url, demo.owner, join(repositoryFolder, 'docs', 'images'));
		try {
			await takePictures(demo, editor, progress.step);
		} finally {
			await editor.close();
		}
		return 0;
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	} finally {
		await stopAllProcesses();
		await rm(folder, { recursive: true, force: true });
	}
}

async function takePictures({ rest }: Demo, editor: Editor, step: Progress['step']): Promise<void> {
	const examples = await readExamples();
	const send = examples.get(sendExample.file)!;
	const receive = examples.get(receiveExample.file)!;
	// So that messages wait for the trigger's test.
	await unpublishWorkflow(rest, receive.id);
	const countNodes = ({ nodes }: WorkflowFile) => nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote').length;

	await step('Picture of the sending workflow', async () => await editor.shootRun(send.id, countNodes(send), 'send-workflow.png'));
	await step('Picture of the Send panel', async () => await editor.shootNode(send.id, sendExample.sendNode, 'send-node.png'));
	await step("Picture of the trigger's panel", async () => {
		await editor.shootNode(receive.id, receiveExample.trigger, 'trigger-node.png');
	});
	await step('Picture of the credential', async () => {
		await editor.shootCredential(send.id, sendExample.sendNode, 'credential.png');
	});
	await step('Picture of the receiving workflow', async () => {
		// All but the branch for reports.
		await editor.shootRun(receive.id, countNodes(receive) - 1, 'receive-workflow.png');
	});
}
