import type { IDataObject } from 'n8n-workflow';
import { invalidInput } from '../client';
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
	if (text === undefined) throw invalidInput(name, `${label} is missing`, `Fill in '${label}', or check its expression: it gave no text for this item.`);
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
