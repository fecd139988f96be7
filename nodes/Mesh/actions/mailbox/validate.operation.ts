import type { INodeProperties } from 'n8n-workflow';
import { flat } from '../../transport/itemJson';
import type { OperationCall, OperationItem } from '../operation';
import { smallCallsAtOnce } from '../operation';

export const description: INodeProperties[] = [];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "validate a mailbox" (handshake): MESH wants one at least every 24 hours. */
export async function execute({ client, signal }: OperationCall): Promise<OperationItem[]> {
	const { mailboxId, serverTime, clockDifferenceMs } = await client.handshake({ signal });
	const clockDifferenceSeconds = clockDifferenceMs === undefined ? undefined : Math.round(clockDifferenceMs / 1000);
	return [{ json: flat({ mailboxId, valid: true, serverTime, clockDifferenceSeconds }) }];
}
