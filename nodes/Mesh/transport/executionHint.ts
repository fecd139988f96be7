import type { IExecuteFunctions } from 'n8n-workflow';

/** Shows a line in the output pane of the node. Older n8n has no hints: nothing happens there. */
export function addExecutionHint(context: IExecuteFunctions, message: string, type: 'info' | 'warning'): void {
	const { addExecutionHints } = context as Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	addExecutionHints?.call(context, { message, location: 'outputPane', type });
}
