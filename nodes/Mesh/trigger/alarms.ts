import type { INode, IPollFunctions, NodeOperationError } from 'n8n-workflow';
import { runtime } from '../client';
import { joined, nodeError, toNodeError } from '../transport/nodeErrors';
import type { MeshError } from '../client';
import { MAXIMUM_REMEMBERED, isFull, takeReports, unacknowledgeable, unheard } from './deliveries';
import type { DeliveryRules, FailureReason, ParkedMessage } from './deliveries';
import type { Ledger } from './ledger';
import { RAISE_INTERVAL_MS, failureClass, noOutage, noteFailure } from './session';
import type { Session } from './session';

/** Logs a failed poll, and raises it to n8n's error workflow when it is time to. */
export function raiseFailure(context: IPollFunctions, session: Session, error: unknown): void {
	const node = context.getNode();
	const { outage, raise } = noteFailure(session.outage, failureClass(error), runtime.steadyNow());
	session.outage = outage;
	const count = outage.failures === 1 ? undefined : `The last ${outage.failures} polls have failed`;
	const alarm = toNodeError(node, error, undefined, ({ message, description }) => ({
		message,
		description: joined(description, count, 'Polling goes on; while it fails, this is reported once an hour.'),
	}));
	context.logger.warn(`[NHS MESH: ${node.name}] Poll failed (${outage.failures} in a row): ${alarm.message}`);
	if (raise) context.__emitError(alarm);
}

/**
 * A workflow that cannot become active as it is: n8n shows the message of what is thrown, and its error workflow hears of it as well, once an hour
 * where n8n tries again by itself.
 * @returns what to throw
 */
export function raiseRefusal(context: IPollFunctions, session: Session, error: unknown): Error {
	const { outage, raise } = noteFailure(session.outage, failureClass(error), runtime.steadyNow());
	session.outage = outage;
	const alarm = toNodeError(context.getNode(), error, undefined, ({ message, description }) => ({
		message: joined(message, description, 'Then publish (n8n 1: activate) the workflow again.') ?? message,
		description,
	}));
	if (raise) context.__emitError(alarm);
	return alarm;
}

export function noteRecovery(context: IPollFunctions, session: Session): void {
	if (session.outage.failures > 0)
		context.logger.info(`[NHS MESH: ${context.getNode().name}] Polling works again after ${session.outage.failures} failures`);
	session.outage = noOutage;
}

/** The ledger holds as much as it may: new messages wait in MESH until some of the remembered ones have left the inbox. */
export function raiseWhenFull(context: IPollFunctions, session: Session, ledger: Ledger): void {
	const now = runtime.steadyNow();
	if (!isFull(ledger.deliveries) || ledger.deliveries.waiting.length === 0) return;
	if (session.fullReportedAt !== undefined && now - session.fullReportedAt < RAISE_INTERVAL_MS) return;
	session.fullReportedAt = now;
	context.__emitError(fullError(context.getNode()));
}

/** Messages that were processed and that MESH goes on listing, because it refuses their acknowledgement or does not heed it: told at once, then once an hour. */
export function raiseRefusedAcknowledgements(context: IPollFunctions, ledger: Ledger): void {
	const now = runtime.steadyNow();
	const [first, ...others] = unacknowledgeable(ledger.deliveries);
	if (first === undefined || (ledger.refusalsRaisedAt !== undefined && now - ledger.refusalsRaisedAt < RAISE_INTERVAL_MS)) return;
	ledger.refusalsRaisedAt = now;
	const node = context.getNode();
	const cause = ledger.refusal === undefined ? undefined : toNodeError(node, ledger.refusal);
	const which = others.length === 0 ? `message ${first}` : `message ${first} and ${others.length} more`;
	const reason = cause?.message ?? reasonWithoutCause(ledger, first);
	context.__emitError(
		nodeError(node, `MESH does not let go of ${which}, although the workflow has processed it: ${reason}`, {
			description: `${cause?.description ? `${cause.description} ` : ''}It is not delivered again, and the acknowledgement is sent again at most once an hour. If that does not help within five days, MESH tells the sender that nobody collected the message: tell them that it has been processed, and ask the National Service Desk.`,
			data: { messageId: first, count: others.length + 1 },
		}),
	);
}

/** The refusal itself is not kept over a restart of n8n, and of an acknowledgement that was not heeded there is none. */
function reasonWithoutCause({ deliveries }: Ledger, messageId: string): string {
	const delivery = deliveries.entries.get(messageId);
	return delivery?.state === 'delivered' && delivery.retryAt !== undefined
		? 'MESH refuses the acknowledgement'
		: 'MESH says yes to the acknowledgement and goes on listing the message';
}

/**
 * Messages whose executions were on n8n's workers when its main process was restarted. They are neither acknowledged nor handed over again
 * until their executions count as lost, which may take long: told once, an hour after the hand-over.
 */
export function raiseUnheard(context: IPollFunctions, ledger: Ledger, { longestExecutionMs }: DeliveryRules): void {
	const [first, ...others] = unheard(ledger.deliveries, runtime.steadyNow(), RAISE_INTERVAL_MS);
	if (first === undefined || ledger.unheardRaised === true) return;
	ledger.unheardRaised = true;
	const which = others.length === 0 ? `message ${first}` : `message ${first} and ${others.length} more`;
	const hours = Math.round((longestExecutionMs / 3_600_000) * 10) / 10;
	context.__emitError(
		nodeError(context.getNode(), `It is not known how the execution of ${which} ended: n8n was restarted meanwhile`, {
			description: `A worker of n8n may still be busy with it, so it is handed over again only when ${hours} ${hours === 1 ? 'hour has' : 'hours have'} passed since the hand-over, the trigger's option Longest Execution. Look at the list of executions: what succeeded can be acknowledged with the NHS MESH node, and is then not processed again. To have the rest sooner, give Longest Execution a lower value and publish the workflow.`,
		}),
	);
}

/** A list with something in it that cannot be used: the rest of it counts. */
export function raiseBadList(context: IPollFunctions, session: Session, problem: MeshError): void {
	const now = runtime.steadyNow();
	const node = context.getNode();
	context.logger.warn(`[NHS MESH: ${node.name}] The list of the inbox cannot be used as a whole: ${problem.message}`);
	if (session.badListRaisedAt !== undefined && now - session.badListRaisedAt < RAISE_INTERVAL_MS) return;
	session.badListRaisedAt = now;
	context.__emitError(
		toNodeError(node, problem, undefined, ({ message, description }) => ({
			message,
			description: joined(description, 'What could be used of the list is delivered; this is reported once an hour.'),
		})),
	);
}

function fullError(node: INode): NodeOperationError {
	return nodeError(node, `${MAXIMUM_REMEMBERED} messages are parked or wait for their acknowledgement, so no new ones are delivered`, {
		description:
			'Correct what makes them fail, then unpublish and publish (n8n 1: deactivate and activate) the workflow; or acknowledge them with the NHS MESH node. New messages stay in the inbox until then.',
	});
}

/** Tells n8n's error workflow about messages that are out of attempts, once for each. */
export function reportParked(context: IPollFunctions, ledger: Ledger): void {
	const { deliveries, parked } = takeReports(ledger.deliveries);
	ledger.deliveries = deliveries;
	for (const message of parked) context.__emitError(parkedError(context.getNode(), message));
}

function parkedError(node: INode, { messageId, attempts, reason }: ParkedMessage): NodeOperationError {
	const times = attempts === 1 ? 'once' : `${attempts} times`;
	return nodeError(node, `MESH message ${messageId} was handed to the workflow ${times} without success and is parked`, {
		description: `${describeReason(reason)} It stays in the inbox, not acknowledged, and MESH tells its sender when it has not been collected after five days. Other messages go on. To try it again, correct the cause, then unpublish and publish (n8n 1: deactivate and activate) the workflow, or change the trigger's option Retry Parked Messages and publish.`,
		data: { messageId, attempts, reason: reason.kind, ...(reason.node === undefined ? {} : { lastNode: reason.node }) },
	});
}

/** The workflow's own error text is left out: it may quote the message's content. */
function describeReason({ kind, node }: FailureReason): string {
	switch (kind) {
		case 'failed':
			return node === undefined
				? 'Last time the execution failed before its first node; see the list of executions.'
				: `Last time the execution failed in the node "${node}"; see the list of executions.`;
		case 'canceled':
			return 'Last time the execution was stopped before it ended.';
		case 'crashed':
			return 'Last time the process that ran the execution crashed.';
		case 'interrupted':
			return 'Last time n8n itself stopped while the execution ran.';
		case 'overdue':
			return 'Last time n8n reported no end of the execution.';
		case 'notAcknowledged':
			return 'The workflow succeeded but did not acknowledge it in time.';
	}
}
