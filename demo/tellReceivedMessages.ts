import { setTimeout as sleep } from 'node:timers/promises';
import { readExamples, receiveExample } from '../n8n-lab/exampleWorkflows';
import { listFinished, waitForExecution } from '../n8n-lab/rest/executions';
import type { ExecutionItem } from '../n8n-lab/rest/executions';
import type { N8nRest } from '../n8n-lab/rest/restClient';

const POLL_INTERVAL_MS = 2_000;
const EXECUTION_TIMEOUT_MS = 10_000;

/**
 * Prints a line for each message that the receiving example has worked through, and for each failure of another example, until
 * `ended` settles.
 */
export async function tellReceivedMessages(rest: N8nRest, ended: Promise<unknown>): Promise<void> {
	const examples = await readExamples();
	const { id } = examples.get(receiveExample.file)!;
	const others = [...examples.values()].filter((example) => example.id !== id);
	const toldFailures = new Set((await failuresOf(rest, others)).map((execution) => execution.id));
	const told = new Set((await listFinished(rest, id)).map((execution) => execution.id));
	let running = true;
	const end = ended.then(() => {
		running = false;
	});
	while (running) {
		await Promise.race([end, sleep(POLL_INTERVAL_MS)]);
		// Errors: n8n is busy or going down; the next round tells.
		const finished = running ? await listFinished(rest, id).catch(() => []) : [];
		for (const execution of finished.filter((one) => !told.has(one.id)).reverse()) {
			told.add(execution.id);
			const { status, error, items } = await waitForExecution(rest, execution.id, EXECUTION_TIMEOUT_MS);
			const time = new Date().toLocaleTimeString('en-GB');
			for (const item of [0, 1].flatMap((output) => items(receiveExample.trigger, output))) {
				console.log(`${time}  ${describe(item)}: ${status === 'success' ? 'processed and acknowledged' : `${status}, not acknowledged`}`);
			}
			if (error) console.log(`${time}  ${error.message}`);
		}
		for (const { id: failed, name } of running ? await failuresOf(rest, others) : []) {
			if (toldFailures.has(failed)) continue;
			toldFailures.add(failed);
			const { error } = await waitForExecution(rest, failed, EXECUTION_TIMEOUT_MS);
			console.log(`${new Date().toLocaleTimeString('en-GB')}  "${name}" failed: ${error?.message ?? 'see its executions'}`);
		}
	}
}

/** Executions of these workflows that have failed; none while n8n is busy or going down, when the next round tells. */
async function failuresOf(
	rest: N8nRest,
	workflows: ReadonlyArray<{ id: string; name: string }>,
): Promise<Array<{ id: string; name: string }>> {
	const lists = await Promise.all(
		workflows.map(async ({ id, name }) =>
			(await listFinished(rest, id).catch(() => []))
				.filter(({ status }) => status === 'error')
				.map((execution) => ({ id: execution.id, name })),
		),
	);
	return lists.flat();
}

function describe({ json, binary }: ExecutionItem): string {
	const size = binary?.data?.bytes;
	return [
		`received ${String(json.messageId)}`,
		json.from && `from ${String(json.from)}`,
		json.workflowId && `(${String(json.workflowId)})`,
		size !== undefined && `${size.toLocaleString('en-GB')} bytes`,
	]
		.filter(Boolean)
		.join(' ');
}
