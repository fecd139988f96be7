import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { CONNECTIONS } from '../client';

/** Items of calls that move no content: their time is mostly waiting for MESH, and their order does not matter to it. */
export const smallCallsAtOnce = () => CONNECTIONS;

/** For the collection Options of operations that move content, where the user decides between order and speed. */
export const itemsAtOnceOption: INodeProperties = {
	displayName: 'Items at Once',
	name: 'itemsAtOnce',
	type: 'number',
	// Read once for all items, so that an expression has no item to go by.
	noDataExpression: true,
	typeOptions: { minValue: 1, maxValue: 16 },
	default: 1,
	description:
		'How many items to work on at the same time. More is faster with many small messages, but MESH may get them in another order, and when one fails the others that have started are still completed.',
};

/** Reads that option; it counts for all items, so that of the first item is taken. */
export function chosenItemsAtOnce(context: IExecuteFunctions): number {
	const value = Number(context.getNodeParameter('options.itemsAtOnce', 0, 1));
	return Number.isInteger(value) ? Math.min(Math.max(value, 1), 16) : 1;
}
