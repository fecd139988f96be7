import type { IDataObject } from 'n8n-workflow';

/** Names of nodes and parameters, and texts of n8n: none of them holds data of an item. */
const KEYS = ['messageTemplate', 'descriptionKey', 'descriptionTemplate', 'causeDetailed', 'nodeCause', 'parameter', 'runIndex', 'type'];

/** Of an expression that failed, what the editor of n8n makes its advice of, such as which node to wire up. */
export function expressionContext(error: unknown): IDataObject {
	if (!(error instanceof Error) || error.name !== 'ExpressionError' || !('context' in error)) return {};
	const context = Object(error.context) as IDataObject;
	return Object.fromEntries(KEYS.map((key) => [key, context[key]] as const).filter(([, value]) => typeof value === 'string' || typeof value === 'number'));
}
