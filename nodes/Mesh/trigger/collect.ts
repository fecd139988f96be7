import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { CONNECTIONS, hideByForm, invalidCredential, invalidInput } from '../client';
import type { IncomingMessage, MeshClient, MessageHeaders, TransferTotals } from '../client';
import { inOrder } from '../transport/concurrently';
import { RunHints } from '../transport/hints';
import { toIncomingItem } from '../transport/incomingItem';
import { onlyFields, simpleFields } from '../transport/itemJson';
import { executionSignal, getMeshClient } from '../transport/meshClient';
import { nodeError, toNodeError } from '../transport/nodeErrors';
import { downloadLimits } from '../transport/receivingFields';
import { isGone } from './mailbox';
import { isQueueMode, processId } from './process';
import { readSettings } from './settings';
import type { TriggerSettings } from './settings';

/** Downloads side by side when an execution has several messages. */
const PARALLEL = 4;

/** A message that n8n has stored. */
interface Collected {
	messageId: string;
	isReport: boolean;
	/** False in a test run: its message must stay in the inbox. */
	mayAcknowledge: boolean;
	/** Absent for a report, which has no content. */
	received?: TransferTotals;
	item: INodeExecutionData;
}

interface Collecting {
	context: IExecuteFunctions;
	client: MeshClient;
	settings: TriggerSettings;
	isInInbox: InboxQuestion;
	hints: RunHints;
}

/**
 * The first step of every execution: downloads the messages whose IDs the poll has handed over, so that their content
 * belongs to the execution and is deleted with it. In the editor, where nothing was handed over, it takes the oldest
 * message of the inbox and never acknowledges it.
 * @returns two outputs, messages and reports; a message that has left the inbox meanwhile is on neither
 * @throws NodeApiError | NodeOperationError
 */
export async function collect(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	try {
		const client = await getMeshClient(context, 0);
		const hints = new RunHints(context);
		const collecting = {
			context,
			client,
			hints,
			isInInbox: inboxOnce(client),
			settings: readSettings((name) => context.getNodeParameter(name, 0, null), context.getNode().typeVersion),
		};
		const collected = await inOrder(
			context.getInputData(),
			PARALLEL,
			executionSignal(context),
			async ({ json }, itemIndex, signal) => await collectOne(collecting, json, itemIndex, signal),
		);
		const found = collected.filter((one) => one !== undefined);
		for (const { received } of found) if (received !== undefined) hints.addTransfer(received);
		hints.showTransfers('Received');
		if (collecting.settings.policy === 'immediatelyAfterDownload') await acknowledgeStored(context, collecting.client, found);
		return [found.filter(({ isReport }) => !isReport), found.filter(({ isReport }) => isReport)].map((some) =>
			some.map(({ item }) => item),
		);
	} catch (error) {
		throw toNodeError(context.getNode(), error);
	}
}

async function collectOne(
	collecting: Collecting,
	{ messageId, deliveryAttempt, mailboxId, handedOverBy }: IDataObject,
	itemIndex: number,
	signal: AbortSignal,
): Promise<Collected | undefined> {
	const { context } = collecting;
	try {
		const isHandedOver = typeof messageId === 'string' && messageId !== '';
		if (isHandedOver) checkMailbox(collecting.client, mailboxId);
		if (isHandedOver && isWrittenOff(context, handedOverBy)) {
			context.logger.info(
				`[NHS MESH: ${context.getNode().name}] Message ${messageId} was handed over before n8n was restarted; the trigger delivers it again`,
				{ messageId },
			);
			return undefined;
		}
		const wanted = isHandedOver ? messageId : await sampleMessageId(collecting, signal);
		return wanted === undefined
			? undefined
			: await download(collecting, { messageId: wanted, isHandedOver, deliveryAttempt, itemIndex }, signal);
	} catch (error) {
		throw toNodeError(context.getNode(), error, itemIndex);
	}
}

/**
 * With a limit on concurrent executions, n8n runs after a restart what had been waiting for its turn, while the trigger has counted
 * those messages as interrupted and hands them over again: each would be processed twice. Nobody hears how the old
 * execution ends, so it does nothing. In queue mode executions outlive the main process, and workers have no part in the hand-over.
 */
function isWrittenOff(context: IExecuteFunctions, handedOverBy: unknown): boolean {
	return typeof handedOverBy === 'string' && handedOverBy !== processId && context.getMode() === 'trigger' && !isQueueMode();
}

/** The mailbox that the credential has now would answer 404, which looks as if the message were gone from its own. */
function checkMailbox(client: MeshClient, handedOverFrom: unknown): void {
	if (typeof handedOverFrom !== 'string' || handedOverFrom === client.mailboxId) return;
	throw invalidCredential(
		'mailboxId',
		`The message is in mailbox ${handedOverFrom}, and the credential is now that of ${client.mailboxId}`,
		'The credential was changed after the message was found. The message stays in its inbox: choose the credential of that mailbox again to receive it.',
	);
}

interface Wanted {
	messageId: string;
	isHandedOver: boolean;
	deliveryAttempt: unknown;
	itemIndex: number;
}

async function download(
	{ context, client, settings, isInInbox, hints }: Collecting,
	{ messageId, isHandedOver, deliveryAttempt, itemIndex }: Wanted,
	signal: AbortSignal,
): Promise<Collected | undefined> {
	let message: IncomingMessage;
	try {
		message = await client.download(messageId, { signal, limits: downloadLimits(settings.content) });
	} catch (error) {
		if (!isGone(error) || (isHandedOver && (await isInInbox(messageId, signal)))) throw error;
		context.logger.info(`[NHS MESH: ${context.getNode().name}] Message ${messageId} has left the inbox; nothing to deliver`, { messageId });
		return undefined;
	}
	const { headers } = message;
	if (headers.messageType === 'REPORT' && settings.reports === 'leave' && isHandedOver) {
		await message.discard();
		// Only by a change of the choice while it waited. A success would have it acknowledged.
		throw invalidInput(
			'reports',
			`The message ${messageId} is a non-delivery report, which is to stay in the inbox`,
			'Nothing has to be done: it stays there.',
		);
	}
	if (headers.messageType === 'REPORT' && settings.reports === 'fail') {
		await message.discard();
		// Beside messages it is not told yet: they all come again, each on its own.
		throw reportError(context.getNode(), headers, itemIndex);
	}
	const { json: received, binary } = await toIncomingItem(context, message, settings.content, hints);
	const json = { ...received, deliveryAttempt: typeof deliveryAttempt === 'number' ? deliveryAttempt : 1 };
	return {
		messageId,
		isReport: message.headers.messageType === 'REPORT',
		mayAcknowledge: isHandedOver && !isTestRun(context),
		received: message.received,
		item: {
			json: settings.simplify ? onlyFields(json, simpleFields(json, context.getNode())) : json,
			...(binary === undefined ? {} : { binary }),
			pairedItem: { item: itemIndex },
		},
	};
}

/** How the poll recognises an execution that failed because a report was to fail it. */
export const REPORT_CODE = 'MESH_REPORT';

/** A report in its own words. The subject of the message that failed is not quoted: it may name a patient. */
function reportError(
	node: INode,
	{ messageId, linkedMessageId, localId: of, workflowId, statusCode, statusDescription }: MessageHeaders,
	itemIndex: number,
): NodeOperationError {
	const what = linkedMessageId === undefined ? 'A message that you sent' : `Message ${linkedMessageId} that you sent`;
	const why = [statusDescription, statusCode === undefined ? undefined : `(code ${statusCode})`]
		.filter((part) => part !== undefined)
		.join(' ');
	const localId = of && hideByForm(of);
	return nodeError(node, `${what} was not delivered: ${why || 'MESH gives no reason'}`, {
		itemIndex,
		description: `MESH says so in the report ${messageId}${workflowId === undefined ? '' : `, workflow ID ${workflowId}`}${localId === undefined ? '' : `, local ID ${localId}`}. Correct what it says and send the message again. The report is acknowledged now; to handle reports in this workflow, set Non-Delivery Reports to 'Send to the Reports Output'.`,
		data: { errorCode: REPORT_CODE, messageId, linkedMessageId, localId, workflowId, statusCode },
	});
}

function isTestRun(context: IExecuteFunctions): boolean {
	return ['manual', 'cli', 'evaluation'].includes(context.getMode());
}

/**
 * Acknowledges right after the download. Only when all messages of the execution are stored, because a failure of one ends
 * the execution for all. An acknowledgement that fails does not fail the execution: the poll sees the message in the inbox
 * and makes up for it.
 */
async function acknowledgeStored(context: IExecuteFunctions, client: MeshClient, collected: readonly Collected[]): Promise<void> {
	const node = context.getNode();
	const signal = executionSignal(context);
	const stored = collected.filter(({ mayAcknowledge }) => mayAcknowledge);
	await inOrder(stored, CONNECTIONS, signal, async ({ messageId }) => {
		try {
			await client.acknowledge(messageId, { signal });
		} catch (error) {
			if (isGone(error)) return;
			if (signal?.aborted === true) throw error;
			context.logger.warn(
				`[NHS MESH: ${node.name}] Message ${messageId} was stored but not acknowledged yet: ${toNodeError(node, error).message}`,
				{ messageId },
			);
		}
	});
}

/** For a test in the editor or by `n8n execute`: the oldest message, which stays in the inbox. Undefined when there is none. */
async function sampleMessageId({ client, settings: { filter }, hints }: Collecting, signal: AbortSignal): Promise<string | undefined> {
	for await (const { messageIds } of client.listInbox({ workflowFilter: filter }, { signal })) {
		const [oldest] = messageIds;
		if (oldest !== undefined) return oldest;
	}
	hints.show(
		filter === undefined
			? 'The inbox is empty. Send a message to this mailbox, then test again.'
			: 'The inbox holds no message that passes the workflow filter. Send one to this mailbox, or change the filter, then test again.',
	);
	return undefined;
}

/** Tells whether the inbox lists a message; lists it at the first question only. */
type InboxQuestion = (messageId: string, signal: AbortSignal) => Promise<boolean>;

/**
 * An answer of 404 or 410 to a download does not prove that a message is gone: it may come from a gateway, or from trouble
 * of MESH's own. Taken for proof, it would have the message acknowledged that the workflow never had. The list of the inbox is proof.
 */
function inboxOnce(client: MeshClient): InboxQuestion {
	let listed: Promise<ReadonlySet<string> | undefined> | undefined;
	return async (messageId, signal) => {
		const all = await (listed ??= listAll(client, signal));
		return all === undefined || all.has(messageId);
	};
}

/** Undefined where the list has a gap: it proves nothing. */
async function listAll(client: MeshClient, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
	const found = new Set<string>();
	for await (const { messageIds, problem } of client.listInbox({}, { signal })) {
		if (problem !== undefined) return undefined;
		for (const id of messageIds) found.add(id);
	}
	return found;
}
