import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { problem } from '../terminal';
import { parseFlatted } from './flatted';
import type { N8nRest } from './restClient';

/** One line of n8n's list of executions. */
export interface ExecutionSummary {
	id: string;
	status: string;
	mode: string;
	startedAt?: string;
	stoppedAt?: string;
}

/** A file that belongs to an item. */
export interface ExecutionBinary {
	/** Absent when the content is in `data` (base64). */
	id?: string;
	data?: string;
	fileName?: string;
	mimeType: string;
	bytes?: number;
}

export interface ExecutionItem {
	json: Record<string, unknown>;
	binary?: Record<string, ExecutionBinary>;
}

interface NodeRun {
	data?: { main?: Array<ExecutionItem[] | null> };
	error?: { message: string; description?: string };
}

interface RunData {
	resultData: { runData?: Record<string, NodeRun[]>; error?: { message: string; description?: string } };
}

/** As n8n hands it out. */
type StoredExecution = ExecutionSummary & { data: string };

/** An execution with its data. */
export interface Execution extends ExecutionSummary {
	/** Message and description of the error that ended it. */
	error?: { message: string; description?: string };
	/** Items of a node's last run on one of its outputs; empty when the node did not run. */
	items(node: string, output?: number): ExecutionItem[];
}

const POLL_INTERVAL_MS = 500;
const UNFINISHED = new Set(['new', 'running', 'waiting']);
/** What n8n answers as long as there is no data. */
const NO_DATA = '[]';

/** Runs a saved workflow by hand from a trigger node. @returns the execution's ID, at once */
export async function runWorkflow(rest: N8nRest, workflowId: string, trigger: string): Promise<string> {
	// n8n 1.x runs what it is sent, n8n 2.x what it has stored.
	const workflowData = await rest.call<unknown>('GET', `/rest/workflows/${workflowId}`);
	const { executionId } = await rest.call<{ executionId: string }>('POST', `/rest/workflows/${workflowId}/run`, {
		workflowData,
		triggerToStartFrom: { name: trigger },
	});
	return executionId;
}

/** Waits for the end of an execution. @throws a problem after `timeoutMs` */
export async function waitForExecution(rest: N8nRest, id: string, timeoutMs: number): Promise<Execution> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const execution = await rest.call<StoredExecution>('GET', `/rest/executions/${id}`);
		if (!UNFINISHED.has(execution.status)) return toExecution(execution);
		if (Date.now() > deadline) throw problem(`Execution ${id} is still ${execution.status} after ${timeoutMs / 1000} s`);
		await sleep(POLL_INTERVAL_MS);
	}
}

/** An execution as n8n has stored it so far. */
export async function readExecution(rest: N8nRest, id: string): Promise<Execution> {
	return toExecution(await rest.call('GET', `/rest/executions/${id}`));
}

/** Executions of a workflow that have ended, newest first (n8n lists 20 at a time). */
export async function listFinished(rest: N8nRest, workflowId: string): Promise<ExecutionSummary[]> {
	return (await listExecutions(rest, workflowId)).filter(({ status }) => !UNFINISHED.has(status));
}

/** Executions of a workflow, newest first. */
export async function listExecutions(rest: N8nRest, workflowId: string): Promise<ExecutionSummary[]> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId }));
	return (await rest.call<{ results: ExecutionSummary[] }>('GET', `/rest/executions?filter=${filter}&limit=50`)).results;
}

function toExecution({ data, ...summary }: StoredExecution): Execution {
	const { resultData }: RunData = data === NO_DATA ? { resultData: {} } : (parseFlatted(data) as RunData);
	return {
		...summary,
		error: resultData.error && { message: resultData.error.message, description: resultData.error.description },
		items: (node, output = 0) => resultData.runData?.[node]?.at(-1)?.data?.main?.[output] ?? [],
	};
}

/** SHA-256 (hex) and size of a file that an execution holds, read through n8n as the editor's Download does. */
export async function digestBinary(rest: N8nRest, binary: ExecutionBinary): Promise<{ sha256: string; bytes: number }> {
	const hash = createHash('sha256');
	let bytes = 0;
	for await (const part of readBinary(rest, binary)) {
		hash.update(part);
		bytes += part.byteLength;
	}
	return { sha256: hash.digest('hex'), bytes };
}

async function* readBinary(rest: N8nRest, binary: ExecutionBinary): AsyncGenerator<Uint8Array> {
	if (!binary.id) {
		yield Buffer.from(binary.data ?? '', 'base64');
		return;
	}
	const query = new URLSearchParams({ id: binary.id, action: 'download', fileName: binary.fileName ?? 'file', mimeType: binary.mimeType });
	const response = await rest.request('GET', `/rest/binary-data?${query.toString()}`);
	if (!response.ok || !response.body) throw problem(`n8n refused to hand out the content of an execution (${response.status})`);
	for await (const part of response.body) yield part as Uint8Array;
}
