import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { CONNECTIONS, invalidInput } from '../client';
import type { MeshClient } from '../client';
import type { RunHints } from '../transport/hints';
import { onlyFields, simplifyParameter } from '../transport/itemJson';

/** One run of the node: what its items have in common. */
export interface NodeRun {
	hints: RunHints;
	/** Which run of the node in the execution it is: in a loop there are several, with other content for the same item number. */
	index(): number;
}

/** One item's turn in an operation. */
export interface ItemCall {
	context: IExecuteFunctions;
	itemIndex: number;
	run: NodeRun;
	/** Aborts when the user stops the execution. */
	signal?: AbortSignal;
	/**
	 * Has `task` run once all items are through, and not at all when the node fails: the place for what cannot be taken
	 * back, such as acknowledging. A task must not throw.
	 */
	afterAllItems(task: () => Promise<void>): void;
}

/** The same with the client of the item's credential. */
export interface OperationCall extends ItemCall {
	client: MeshClient;
}

/** An output item of an operation; the router adds which input item it belongs to. */
export type OperationItem = Pick<INodeExecutionData, 'json' | 'binary'>;

interface OperationParts {
	/** Fields of the operation, with the display options that show them. */
	description: INodeProperties[];
	/** How its transfers are told of. */
	transfers?: 'Sent' | 'Received';
	/** How many items may be in work at the same time; results keep the order of the items. Default 1. */
	itemsAtOnce?: (context: IExecuteFunctions) => number;
}

/** What a `<verb>.operation.ts` file exports. `execute` runs for one item and throws MeshError or n8n's own errors. */
export type Operation = OperationParts &
	(
		| { opensOwnClient?: undefined; execute(call: OperationCall): Promise<OperationItem[]> }
		/** For what has to work where no client can be made of the credential. */
		| { opensOwnClient: true; execute(call: ItemCall): Promise<OperationItem[]> }
	);

/**
 * A text parameter that may not be empty, without white space around it. Numbers are taken too: expressions often give
 * them where an ID is all digits.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function requiredText({ context, itemIndex }: ItemCall, name: string, label: string): string {
	return requiredTextOf(context.getNodeParameter(name, itemIndex), name, label);
}

/** The same for a value that was read already. */
export function requiredTextOf(value: unknown, name: string, label: string): string {
	const text = optionalTextOf(value);
	if (text === undefined)
		throw invalidInput(name, `${label} is missing`, `Fill in '${label}', or check its expression: it gave no text for this item.`);
	return text;
}

/** Text without white space around it; undefined when there is none. */
export function optionalTextOf(value: unknown): string | undefined {
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	return text === '' ? undefined : text;
}

/** The collection Options, read once. */
export function optionsOf({ context, itemIndex }: ItemCall): IDataObject {
	return context.getNodeParameter('options', itemIndex, {});
}

/** A text of a collection, without white space around it; undefined when empty or absent. */
export function optionalText(options: IDataObject, name: string): string | undefined {
	return optionalTextOf(options[name]);
}

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

/** The switch Simplify of an operation. */
export function simplifyField(resource: string, operation: string): INodeProperties {
	return simplifyParameter({ show: { resource: [resource], operation: [operation] } });
}

/** An item's JSON with these fields only, or with all where the user has switched Simplify off. */
export function simplified({ context, itemIndex }: ItemCall, json: IDataObject, fields: readonly string[]): IDataObject {
	return context.getNodeParameter('simplify', itemIndex, true) === true ? onlyFields(json, fields) : json;
}
