import type { IExecuteFunctions } from 'n8n-workflow';

/** Shows a line in the output pane of the node. Older n8n has no hints: nothing happens there. */
export function addExecutionHint(context: IExecuteFunctions, message: string, type: 'info' | 'warning'): void {
	const { addExecutionHints } = context as Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	addExecutionHints?.call(context, { message, location: 'outputPane', type });
}

/** Texts that a run of a node has shown already. */
const shown = new WeakMap<IExecuteFunctions, Set<string>>();

/** The same, once for each run of the node, however many items say so. */
export function addExecutionHintOnce(context: IExecuteFunctions, message: string, type: 'info' | 'warning' = 'info'): void {
	const texts = shown.get(context) ?? new Set();
	if (texts.has(message)) return;
	shown.set(context, texts.add(message));
	addExecutionHint(context, message, type);
}
