import type { INodeProperties } from 'n8n-workflow';
import { simplifyParameter } from '../transport/simplify';
import type { ItemCall } from './operation';

/** The switch Simplify of an operation. */
export function simplifyField(resource: string, operation: string): INodeProperties {
	return simplifyParameter({ show: { resource: [resource], operation: [operation] } });
}

/** Whether the user wants the chosen fields only. */
export function wantsSimple({ context, itemIndex }: ItemCall): boolean {
	return context.getNodeParameter('simplify', itemIndex, true) === true;
}
