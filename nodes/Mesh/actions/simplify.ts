import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { onlyFields, simplifyParameter } from '../transport/simplify';
import type { ItemCall } from './operation';

/** The switch Simplify of an operation. */
export function simplifyField(resource: string, operation: string): INodeProperties {
	return simplifyParameter({ show: { resource: [resource], operation: [operation] } });
}

/** An item's JSON with these fields only, or with all where the user has switched Simplify off. */
export function simplified({ context, itemIndex }: ItemCall, json: IDataObject, fields: readonly string[]): IDataObject {
	return context.getNodeParameter('simplify', itemIndex, true) === true ? onlyFields(json, fields) : json;
}
