import type { Behaviour } from '../contract/behaviour';
import type { Mailbox } from '../store/mailboxes';
import { failureEvent, fileNameOf, lastEvent, storedBytes, type StoredMessage } from '../store/storedMessage';
import { compactTime, isoTime } from './times';

/** What a tracking answer is made from. */
export interface Tracked {
	message: StoredMessage;
	expiresAt: number;
	/** Whether it reached the recipient's inbox. */
	isDelivered: boolean;
	sender?: Mailbox;
	recipient?: Mailbox;
}

const TRANSFERRED = { event: 'TRANSFER', code: '00', description: 'Transferred to recipient mailbox' };

/** Why it failed, that it was transferred, or nothing as long as there is nothing to tell. */
function outcomeOf({ message, isDelivered }: Tracked): Partial<typeof TRANSFERRED> {
	return failureEvent(message) ?? (isDelivered ? TRANSFERRED : {});
}

/** Tracking in v2 (MESH API, track outbox). */
export function trackingV2(tracked: Tracked, behaviour: Behaviour): Record<string, unknown> {
	const { message, expiresAt, recipient } = tracked;
	const asNhsSandbox = behaviour.answers === 'nhsSandbox';
	const failed = message.status === 'error' || (message.status === 'undeliverable' && !asNhsSandbox);
	const body: Record<string, unknown> = {
		message_id: message.id,
		local_id: message.localId ?? (asNhsSandbox ? '' : null),
		workflow_id: message.workflowId,
		filename: fileNameOf(message),
		expiry_time: isoTime(expiresAt),
		upload_timestamp: isoTime(message.createdAt),
		recipient: message.to,
		recipient_name: recipient?.name ?? '',
		recipient_ods_code: recipient?.odsCode ?? '',
		recipient_org_code: recipient?.orgCode ?? '',
		recipient_org_name: recipient?.orgName ?? '',
		status_success: !failed,
		status: message.status,
	};
	if (!asNhsSandbox) {
		const { event, code, description } = outcomeOf(tracked);
		body.status_event = event ?? null;
		body.status_timestamp = isoTime(lastEvent(message).at);
		body.status_description = description ?? null;
		body.status_code = code ?? null;
	}
	return body;
}

/** What the sender may say; where nothing was said, the NHS sandbox has an empty text. */
const TEXTS = ['checksum', 'contentEncoding', 'localId', 'partnerId', 'recipientSmtp', 'senderSmtp', 'subject'];

/** Tracking in v1: unknown fields are null; the NHS sandbox leaves them out, or has an empty text, and tells of a failure only. */
export function trackingV1(tracked: Tracked, behaviour: Behaviour): Record<string, unknown> {
	const { message, expiresAt, sender, recipient } = tracked;
	const asNhsSandbox = behaviour.answers === 'nhsSandbox';
	const { event, code, description } = asNhsSandbox ? {} : outcomeOf(tracked);
	const failure = failureEvent(message);
	const failed = message.status === 'error' || (message.status === 'undeliverable' && !asNhsSandbox);
	const body: Record<string, unknown> = {
		addressType: 'ALL',
		checksum: message.checksum,
		chunkCount: message.totalChunks,
		compressFlag: message.compressed ? 'Y' : undefined,
		contentEncoding: message.gzip ? 'gzip' : undefined,
		contentsBase64: undefined,
		downloadTimestamp: message.acknowledgedAt === undefined ? undefined : compactTime(message.acknowledgedAt),
		dtsId: message.id,
		encryptedFlag: message.encrypted ? 'Y' : undefined,
		expiryTime: compactTime(expiresAt),
		failureDate: failed && failure ? compactTime(failure.at) : undefined,
		failureDiagnostic: failed ? failure?.description : undefined,
		fileName: fileNameOf(message),
		fileSize: message.status === 'uploading' ? 0 : storedBytes(message),
		isCompressed: message.compressed ? 'Y' : undefined,
		linkedMsgId: failure?.linkedMessageId,
		localId: message.localId,
		meshRecipientOdsCode: recipient?.odsCode,
		messageId: message.id,
		messageType: asNhsSandbox ? 'Data' : 'DATA',
		partnerId: message.partnerId,
		processId: undefined,
		recipient: message.to,
		recipientBillingEntity: undefined,
		recipientName: recipient?.name,
		recipientOrgCode: recipient?.orgCode,
		recipientOrgName: recipient?.orgName,
		recipientSmtp: undefined,
		sender: message.from,
		senderBillingEntity: undefined,
		senderName: sender?.name,
		senderOdsCode: sender?.odsCode,
		senderOrgCode: sender?.orgCode,
		senderOrgName: sender?.orgName,
		senderSmtp: undefined,
		status: message.status[0].toUpperCase() + message.status.slice(1),
		statusCode: code,
		statusDescription: description,
		statusEvent: event,
		statusSuccess: failed ? 'ERROR' : 'SUCCESS',
		statusTimestamp: asNhsSandbox ? undefined : compactTime(lastEvent(message).at),
		subject: message.subject,
		uploadTimestamp: compactTime(message.createdAt),
		version: '1.0',
		workflowId: message.workflowId,
	};
	if (asNhsSandbox) for (const name of TEXTS) body[name] ??= '';
	else for (const name of Object.keys(body)) body[name] ??= null;
	return body;
}
