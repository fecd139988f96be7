import { NodeOperationError } from 'n8n-workflow';
import type { INode, IPollFunctions } from 'n8n-workflow';
import { toNodeError } from '../transport/toNodeError';
import { clock } from './clock';
import { MAXIMUM_REMEMBERED, isFull } from './deliveries';
import type { Ledger } from './ledger';
import { RAISE_INTERVAL_MS, failureClass, noOutage, noteFailure } from './outage';
import type { Session } from './sessions';

/** Logs a failed poll, and raises it to n8n's error workflow when it is time to. */
export function raiseFailure(context: IPollFunctions, session: Session, error: unknown): void {
	const node = context.getNode();
	const { outage, raise } = noteFailure(session.outage, failureClass(error), clock.now());
	session.outage = outage;
	const nodeError = toNodeError(node, error);
	context.logger.warn(`[NHS MESH: ${node.name}] Poll failed (${outage.failures} in a row): ${nodeError.message}`);
	if (!raise) return;
	const count = outage.failures === 1 ? '' : `The last ${outage.failures} polls have failed. `;
	nodeError.description = `${nodeError.description ? `${nodeError.description} ` : ''}${count}Polling goes on; while it fails, this is reported once an hour.`;
	context.__emitError(nodeError);
}

export function noteRecovery(context: IPollFunctions, session: Session): void {
	if (session.outage.failures > 0) context.logger.info(`[NHS MESH: ${context.getNode().name}] Polling works again after ${session.outage.failures} failures`);
	session.outage = noOutage;
}

/** The ledger holds as much as it may: new messages wait in MESH until some of the remembered ones have left the inbox. */
export function raiseWhenFull(context: IPollFunctions, session: Session, ledger: Ledger): void {
	const now = clock.now();
	if (!isFull(ledger.deliveries) || ledger.deliveries.waiting.length === 0) return;
	if (session.fullReportedAt !== undefined && now - session.fullReportedAt < RAISE_INTERVAL_MS) return;
	session.fullReportedAt = now;
	context.__emitError(fullError(context.getNode()));
}

function fullError(node: INode): NodeOperationError {
	return new NodeOperationError(node, `${MAXIMUM_REMEMBERED} messages are parked or wait for their acknowledgement, so no new ones are delivered`, {
		description: 'Correct what makes them fail, then deactivate and activate the workflow; or acknowledge them with the NHS MESH node. New messages stay in the inbox until then.',
	});
}
