import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { ItemCall } from './operation';

/** n8n's usual switch for calls that return more than ten fields. */
export function simplifyField(resource: string, operation: string): INodeProperties {
	return {
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
		displayOptions: { show: { resource: [resource], operation: [operation] } },
	};
}

/** All of `json`, or its chosen `fields` when the user wants it simple. */
export function simplified({ context, itemIndex }: ItemCall, json: IDataObject, fields: readonly string[]): IDataObject {
	if (context.getNodeParameter('simplify', itemIndex, true) !== true) return json;
	return Object.fromEntries(Object.entries(json).filter(([name]) => fields.includes(name)));
}
