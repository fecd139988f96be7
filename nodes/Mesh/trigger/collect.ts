import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { invalidCredential, type MeshClient, type TransferTotals } from '../client';
import { downloadLimits } from '../transport/downloadLimits';
import { executionSignal } from '../transport/executionSignal';
import { toIncomingItem } from '../transport/incomingItem';
import { getMeshClient } from '../transport/meshClient';
import { simpleFields } from '../transport/simpleFields';
import { onlyFields } from '../transport/simplify';
import { toNodeError } from '../transport/toNodeError';
import { hintTransfers, withTransfer, type Transfers } from '../transport/transferHint';
import { acknowledgeStored } from './acknowledgeStored';
import { isGone } from './acknowledge';
import { clock } from './clock';
import { inboxOnce, type InboxQuestion } from './inboxOnce';
import { inOrder } from './inOrder';
import { sampleMessageId } from './sampleMessageId';
import { readSettings, type TriggerSettings } from './settings';

/** Downloads side by side when an execution has several messages. */
const PARALLEL = 4;

/** A message that n8n has stored. */
export interface Collected {
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
		const collecting = {
			context,
			client,
			isInInbox: inboxOnce(client),
			settings: readSettings((name) => context.getNodeParameter(name, 0, null)),
		};
		const collected = await inOrder(context.getInputData(), PARALLEL, executionSignal(context), async ({ json }, itemIndex, signal) =>
			await collectOne(collecting, json, itemIndex, signal));
		const found = collected.filter((one) => one !== undefined);
		const transfers = found.flatMap(({ received }) => received ?? []).reduce<Transfers | undefined>(withTransfer, undefined);
		hintTransfers(context, 'Received', transfers);
		if (collecting.settings.policy === 'immediatelyAfterDownload') await acknowledgeStored(context, collecting.client, found);
		return [found.filter(({ isReport }) => !isReport), found.filter(({ isReport }) => isReport)].map((some) => some.map(({ item }) => item));
	} catch (error) {
		throw toNodeError(context.getNode(), error);
	}
}

async function collectOne(collecting: Collecting, { messageId, deliveryAttempt, mailboxId }: IDataObject, itemIndex: number, signal: AbortSignal): Promise<Collected | undefined> {
	const { context } = collecting;
	try {
		const isHandedOver = typeof messageId === 'string' && messageId !== '';
		if (isHandedOver) checkMailbox(collecting.client, mailboxId);
		const wanted = isHandedOver ? messageId : await sampleMessageId(context, collecting.client, collecting.settings, signal);
		return wanted === undefined ? undefined : await download(collecting, { messageId: wanted, isHandedOver, deliveryAttempt, itemIndex }, signal);
	} catch (error) {
		throw toNodeError(context.getNode(), error, itemIndex);
	}
}

/** The mailbox that the credential has now would answer 404, which looks as if the message were gone from its own. */
function checkMailbox(client: MeshClient, handedOverFrom: unknown): void {
	if (typeof handedOverFrom !== 'string' || handedOverFrom === client.mailboxId) return;
	throw invalidCredential('mailboxId', `The message is in mailbox ${handedOverFrom}, and the credential is now that of ${client.mailboxId}`, 'The credential was changed after the message was found. The message stays in its inbox: choose the credential of that mailbox again to receive it.');
}

interface Wanted {
	messageId: string;
	isHandedOver: boolean;
	deliveryAttempt: unknown;
	itemIndex: number;
}

async function download({ context, client, settings, isInInbox }: Collecting, { messageId, isHandedOver, deliveryAttempt, itemIndex }: Wanted, signal: AbortSignal): Promise<Collected | undefined> {
	const begun = await client.download(messageId, { signal, limits: downloadLimits(settings.content) }).then(
		(message) => ({ message }),
		(error: unknown) => ({ error }),
	);
	if ('error' in begun) {
		if (!isGone(begun.error) || (isHandedOver && (await isInInbox(messageId, signal)))) throw begun.error;
		context.logger.info(`[NHS MESH: ${context.getNode().name}] Message ${messageId} has left the inbox; nothing to deliver`, { messageId });
		return undefined;
	}
	const { json: received, binary } = await toIncomingItem(context, begun.message, settings.content);
	const delivery = { deliveryAttempt: typeof deliveryAttempt === 'number' ? deliveryAttempt : 1, receivedAt: new Date(clock.now()).toISOString() };
	const json = { ...received, ...delivery };
	return {
		messageId,
		isReport: begun.message.headers.messageType === 'REPORT',
		mayAcknowledge: isHandedOver && !isTestRun(context),
		received: begun.message.received,
		item: { json: settings.simplify ? onlyFields(json, simpleFields(json)) : json, ...(binary === undefined ? {} : { binary }), pairedItem: { item: itemIndex } },
	};
}

function isTestRun(context: IExecuteFunctions): boolean {
	return ['manual', 'cli', 'evaluation'].includes(context.getMode());
}
