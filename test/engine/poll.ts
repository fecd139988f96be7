import { PollContext } from 'n8n-core';
import type { IDataObject, INodeExecutionData, IPollFunctions, WorkflowActivateMode, WorkflowExecuteMode } from 'n8n-workflow';
import { makeAdditionalData } from './execute';
import type { TestWorkflow } from './workflow';

/** One hand-over by `this.__emit()`. Resolve `done` with the run to play n8n's part. */
export interface Emission {
	/** First output's items. */
	items: INodeExecutionData[];
	outputs: INodeExecutionData[][];
	done: Parameters<IPollFunctions['__emit']>[2];
	/** The node's static data at the moment of the hand-over: what n8n would have saved. */
	staticData: IDataObject;
}

export interface PollOptions {
	/** Name of the polling node. */
	node: string;
	mode?: WorkflowExecuteMode;
	/** Why the workflow was activated; n8n's first poll after activation runs with it too. Default `activate`. */
	activation?: WorkflowActivateMode;
	/** What `getPollBudgetMs()` answers; absent leaves n8n's own default of five minutes. */
	budgetMs?: number;
	/** Called at each hand-over, before `__emit` returns: may start the execution and settle `done`. */
	onEmit?: (emission: Emission) => void;
}

export interface PollOutcome {
	/** What `poll()` returned. */
	returned: INodeExecutionData[][] | null;
	emitted: Emission[];
	/** What went to `this.__emitError()`, that is to the error workflow. */
	emittedErrors: Error[];
	/** The node's static data afterwards. */
	staticData: IDataObject;
}

/** One `poll()` in n8n's own PollContext. A poll that throws rejects here, as it does in n8n. */
export async function poll(
	workflow: TestWorkflow,
	{ node: name, mode = 'trigger', activation = 'activate', budgetMs, onEmit }: PollOptions,
): Promise<PollOutcome> {
	const node = workflow.workflow.getNode(name);
	if (node === null) throw new Error(`The workflow has no node "${name}"`);
	const type = workflow.workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
	if (type.poll === undefined) throw new Error(`"${name}" is not a polling node`);
	const emitted: Emission[] = [];
	const emittedErrors: Error[] = [];
	// A copy through JSON: n8n stores static data that way, and watches the original through a proxy.
	const staticData = () => JSON.parse(JSON.stringify(workflow.workflow.getStaticData('node', node))) as IDataObject;
	const context = new PollContext(
		workflow.workflow,
		node,
		makeAdditionalData(workflow, mode),
		mode,
		activation,
		(outputs, _response, done) => {
			const emission = { items: outputs[0] ?? [], outputs, done, staticData: staticData() };
			emitted.push(emission);
			onEmit?.(emission);
		},
		(error) => emittedErrors.push(error),
		undefined,
		undefined,
		undefined,
		budgetMs === undefined ? undefined : () => budgetMs,
	);
	const returned = await type.poll.call(context);
	return { returned, emitted, emittedErrors, staticData: staticData() };
}
