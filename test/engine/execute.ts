import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import { createRunExecutionData } from 'n8n-workflow';
import type { ExecutionError, INodeExecutionData, IRun, IWorkflowExecuteAdditionalData, WorkflowExecuteMode } from 'n8n-workflow';
import { CredentialsHelper } from './credentials';
import type { TestWorkflow } from './workflow';

export interface ExecuteOptions {
	/** Name of the node that receives `items`. */
	start: string;
	/** Default: one empty item, as a manual run gives. */
	items?: INodeExecutionData[];
	/** `trigger` as an activated workflow, `manual` as the editor. Default `manual`. */
	mode?: WorkflowExecuteMode;
	/** Aborting it cancels the execution, as the Stop button does. */
	cancel?: AbortSignal;
}

/** One execution by n8n's own engine, from `start` to the end of the workflow. Failures are in the run, not thrown. */
export async function execute(
	workflow: TestWorkflow,
	{ start, items = [{ json: {} }], mode = 'manual', cancel }: ExecuteOptions,
): Promise<IRun> {
	const node = workflow.workflow.getNode(start);
	if (node === null) throw new Error(`The workflow has no node "${start}"`);
	const run = createRunExecutionData({ executionData: { nodeExecutionStack: [{ node, data: { main: [items] }, source: null }] } });
	const engine = new WorkflowExecute(makeAdditionalData(workflow, mode), mode, run);
	const running = engine.processRunExecutionData(workflow.workflow);
	cancel?.addEventListener('abort', () => running.cancel('test'), { once: true });
	return await running;
}

/** Items that a node put on one of its outputs; empty when it put none. pairedItem is kept. */
export function outputOf(run: IRun, node: string, output = 0): INodeExecutionData[] {
	return run.data.resultData.runData[node]?.at(-1)?.data?.main[output] ?? [];
}

/** The error that ended the run. */
export function errorOf(run: IRun): ExecutionError {
	const { error } = run.data.resultData;
	if (error === undefined) throw new Error(`The run did not fail; its status is ${run.status}`);
	return error;
}

/** Everything n8n would store of a run, as text: to look for what must not be there. */
export function storedText(run: IRun): string {
	const seen = new WeakSet<object>();
	return JSON.stringify(run, (_key, value: unknown) => {
		if (value instanceof Error) return { ...value, message: value.message, stack: value.stack, cause: value.cause };
		if (typeof value === 'object' && value !== null) {
			if (seen.has(value)) return '[seen]';
			seen.add(value);
		}
		return value;
	});
}

let executions = 0;

/** What n8n's server hands to the engine for one execution. The waiting URLs must be valid, or no parameter resolves. */
export function makeAdditionalData({ base, credentials }: TestWorkflow, mode: WorkflowExecuteMode): IWorkflowExecuteAdditionalData {
	const executionId = String(++executions);
	const data: Partial<IWorkflowExecuteAdditionalData> = {
		executionId,
		hooks: new ExecutionLifecycleHooks(mode, executionId, base),
		credentialsHelper: new CredentialsHelper(credentials),
		currentNodeExecutionIndex: 0,
		restApiUrl: '',
		instanceBaseUrl: '',
		webhookBaseUrl: '',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
		variables: {},
		setExecutionStatus: () => {},
	};
	return data as IWorkflowExecuteAdditionalData;
}
