import { setTimeout as sleep } from 'node:timers/promises';
import { readExamples, receiveExample, sendExample } from '../n8n-lab/exampleWorkflows';
import { digestBinary, listFinished, runWorkflow, waitForExecution } from '../n8n-lab/rest/executions';
import type { Execution } from '../n8n-lab/rest/executions';
import type { N8nRest } from '../n8n-lab/rest/restClient';
import { problem } from '../n8n-lab/terminal';
import type { Demo } from './startDemo';

/** The example waits until its message is acknowledged, or three minutes; the trigger looks once a minute. */
const SEND_TIMEOUT_MS = 240_000;
const RECEIVE_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 1_000;

/**
 * Runs the sending example, which ends when its file was acknowledged, and compares that with what the receiving one has; prints
 * each step.
 * @returns whether the content is the same and MESH has the acknowledgement
 */
export async function checkTransfer(demo: Demo): Promise<boolean> {
	const { rest } = demo;
	const examples = await readExamples();
	const sendRun = await runWorkflow(rest, examples.get(sendExample.file)!.id, sendExample.trigger);
	const sent = requireSuccess(await waitForExecution(rest, sendRun, SEND_TIMEOUT_MS), 'sending');
	const { messageId } = sent.items(sendExample.sendNode)[0].json as { messageId: string };
	const sentFile = await digestBinary(rest, sent.items(sendExample.sourceNode)[0].binary!.data);
	console.log(`Sent      ${messageId}, ${sentFile.bytes} bytes, SHA-256 ${sentFile.sha256}`);

	const received = await waitForMessage(rest, examples.get(receiveExample.file)!.id, messageId);
	const item = received.items(receiveExample.trigger).find(({ json }) => json.messageId === messageId)!;
	const receivedFile = await digestBinary(rest, item.binary!.data);
	console.log(`Received  ${messageId}, ${receivedFile.bytes} bytes, SHA-256 ${receivedFile.sha256}`);

	const { status } = sent.items(sendExample.statusNode)[0].json as { status: string };
	console.log(`Tracked   ${messageId}, status ${status}`);
	const same = sentFile.sha256 === receivedFile.sha256 && status === 'acknowledged';
	console.log(same ? 'The file arrived byte for byte and was acknowledged.' : 'The check FAILED.');
	return same;
}

async function waitForMessage(rest: N8nRest, workflowId: string, messageId: string): Promise<Execution> {
	const deadline = Date.now() + RECEIVE_TIMEOUT_MS;
	while (Date.now() < deadline) {
		for (const { id } of await listFinished(rest, workflowId)) {
			const execution = await waitForExecution(rest, id, POLL_INTERVAL_MS);
			const isIt = execution.items(receiveExample.trigger).some(({ json }) => json.messageId === messageId);
			if (isIt) return requireSuccess(execution, 'receiving');
		}
		await sleep(POLL_INTERVAL_MS);
	}
	throw problem(`${messageId} was not received within ${RECEIVE_TIMEOUT_MS / 1000} s: see .mesh/n8n.log and .mesh/sandbox.log`);
}

function requireSuccess(execution: Execution, what: string): Execution {
	if (execution.status === 'success') return execution;
	throw problem(`The workflow for ${what} ended with ${execution.status}: ${execution.error?.message ?? 'no message'}`);
}
