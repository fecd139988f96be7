import type { INodeProperties } from 'n8n-workflow';
import type { OperationCall, OperationItem } from '../operation';
import { smallCallsAtOnce } from '../operation';

export const description: INodeProperties[] = [];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "count": messages and reports that wait in the inbox. */
export async function execute({ client, signal }: OperationCall): Promise<OperationItem[]> {
	return [{ json: { mailboxId: client.mailboxId, count: await client.countMessages({ signal }) } }];
}
