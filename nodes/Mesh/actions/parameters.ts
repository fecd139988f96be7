import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { CONNECTIONS, invalidInput } from '../client';
import { onlyFields, simplifyParameter } from '../transport/itemJson';
import type { ItemCall } from './operation';

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
