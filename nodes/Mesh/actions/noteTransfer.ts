import type { IExecuteFunctions } from 'n8n-workflow';
import type { TransferTotals } from '../client';
import { hintTransfers, withTransfer, type Transfers } from '../transport/transferHint';
import type { ItemCall } from './operation';

/** What has gone over the wire in runs of nodes that are under way. */
const underWay = new WeakMap<IExecuteFunctions, Transfers>();

/** Has the run say in one line, when all items are through, how much was transferred, if it was much. */
export function noteTransfer({ context, afterAllItems }: ItemCall, verb: 'Sent' | 'Received', totals: TransferTotals): void {
	const soFar = underWay.get(context);
	underWay.set(context, withTransfer(soFar, totals));
	if (soFar !== undefined) return;
	afterAllItems(async () => {
		hintTransfers(context, verb, underWay.get(context));
		underWay.delete(context);
	});
}
