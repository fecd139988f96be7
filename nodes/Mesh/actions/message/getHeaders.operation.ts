import type { INodeProperties } from 'n8n-workflow';
import { describeHeaders, simpleHeaderFields } from '../../transport/itemJson';
import type { OperationCall, OperationItem } from '../operation';
import { requiredText, simplified, simplifyField, smallCallsAtOnce } from '../operation';
import { messageIdField } from './fields';

export const description: INodeProperties[] = [
	messageIdField('getHeaders', 'A message in the inbox of this mailbox, or one that it has sent'),
	simplifyField('message', 'getHeaders'),
];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "message headers" (HEAD): what a message is, without its content. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const messageId = requiredText(call, 'messageId', 'Message ID');
	const headers = await call.client.getHeaders(messageId, { signal: call.signal });
	const json = describeHeaders(headers, call.context.getNode());
	return [{ json: simplified(call, json, simpleHeaderFields(json)) }];
}
