import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExamples, receiveExample, sendExample } from '../exampleWorkflows';
import { listFinished, runWorkflow, waitForExecution } from '../n8n/executions';
import { publishWorkflow, unpublishWorkflow } from '../n8n/workflows';
import { repositoryFolder } from '../paths';
import { describeFailure, problem } from '../problem';
import { createProgress } from '../progress';
import { DEMO_STEPS, startDemo } from '../startDemo';
import type { Demo } from '../startDemo';
import { ensurePrograms } from '../system/aptPackages';
import { ENDING_SIGNALS, stopAllProcesses } from '../system/managedProcess';
import { findFreePorts } from '../system/ports';
import { openEditor } from './editor';
import type { Editor } from './editor';

const SHOTS = 5;
const SEND_TIMEOUT_MS = 60_000;
const RECEIVE_TIMEOUT_MS = 150_000;
const POLL_INTERVAL_MS = 1_000;

/** `npm run screenshots`: takes the pictures of docs/images/ from a fresh demo. @returns the exit code */
export async function main(): Promise<number> {
	for (const signal of ENDING_SIGNALS) process.once(signal, () => process.exit(1));
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-screenshots-'));
	try {
		const chromium = [{ program: 'chromium', debianPackage: 'chromium' }];
		await ensurePrograms(chromium, 'to take screenshots', join(folder, 'apt.log'), ['fonts-dejavu-core']);
		const progress = createProgress(process.stdout, DEMO_STEPS + SHOTS);
		const [port, sandboxPort] = await findFreePorts(2);
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

async function takePictures({ rest }: Demo, editor: Editor, step: ReturnType<typeof createProgress>['step']): Promise<void> {
	const examples = await readExamples();
	const send = examples.get(sendExample.file)!.id;
	const receive = examples.get(receiveExample.file)!.id;
	// So that the message waits for the trigger's test.
	await unpublishWorkflow(rest, receive);
	const sent = await runWorkflow(rest, send, sendExample.trigger);
	await waitForExecution(rest, sent, SEND_TIMEOUT_MS);

	await step('Picture of the sending workflow', async () => await editor.shootExecution(send, sent, 'send-workflow.png'));
	await step('Picture of the Send panel', async () => await editor.shootNode(send, sendExample.sendNode, 'send-node.png'));
	await step("Picture of the trigger's panel", async () => {
		await editor.shootTrigger(receive, receiveExample.trigger, 'trigger-node.png');
	});
	await step('Picture of the credential', async () => {
		await editor.shootCredential(send, sendExample.sendNode, 'credential.png');
	});
	await step('Picture of the receiving workflow', async () => {
		await publishWorkflow(rest, receive);
		const received = await waitForFirst(async () => await listFinished(rest, receive));
		await editor.shootExecution(receive, received.id, 'receive-workflow.png');
	});
}

async function waitForFirst<T>(list: () => Promise<T[]>): Promise<T> {
	const deadline = Date.now() + RECEIVE_TIMEOUT_MS;
	while (Date.now() < deadline) {
		const [first] = await list();
		if (first !== undefined) return first;
		await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
	}
	throw problem(`No message was received within ${RECEIVE_TIMEOUT_MS / 1000} s`);
}
