import type { IDataObject, IDisplayOptions, INodeProperties } from 'n8n-workflow';

/** n8n's usual switch for calls that return more than ten fields. */
export function simplifyParameter(displayOptions?: IDisplayOptions): INodeProperties {
	return {
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
		...(displayOptions === undefined ? {} : { displayOptions }),
	};
}

/** These fields of an item's JSON, where it has them, in its own order. */
export function onlyFields(json: IDataObject, fields: readonly string[]): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(([name]) => fields.includes(name)));
}
