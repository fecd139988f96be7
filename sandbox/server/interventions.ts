import { gzipSync } from 'node:zlib';
import type { MessageToPut, ReportToPut } from '../contract/messages';
import { REPORT_TEXTS } from '../errors/catalogue';
import type { SandboxContext } from './context';

/** Delivers a message as if it had been sent, at once whatever the delivery delay. */
export async function putMessage(context: SandboxContext, put: MessageToPut): Promise<string> {
	const { bodies, mailboxes, office } = context;
	const to = put.to.toUpperCase();
	if (!mailboxes.get(to)) throw new RangeError(`There is no mailbox ${to}`);
	const parts = [put.content].flat().map((part) => Buffer.from(part));
	if (parts.length === 0) throw new RangeError('A message needs at least one chunk');
	const message = office.create({
		from: (put.from ?? mailboxes.all().find(({ mailboxId }) => mailboxId !== to)?.mailboxId ?? to).toUpperCase(),
		to,
		workflowId: put.workflowId ?? 'TEST_WORKFLOW',
		localId: put.localId,
		subject: put.subject,
		fileName: put.fileName,
		checksum: put.checksum,
		partnerId: put.partnerId,
		contentType: put.contentType,
		encrypted: put.encrypted ?? false,
		compressed: put.compressed ?? false,
		gzip: put.gzip ?? false,
		totalChunks: parts.length,
	});
	for (const [index, part] of parts.entries()) {
		const body = await bodies.take(put.gzip ? gzipSync(part) : part);
		bodies.keep(body, message.id, index + 1);
		message.chunkBytes[index + 1] = body.bytes;
	}
	office.addEvent(message, { status: 'accepted' });
	return message.id;
}

/** Delivers a non-delivery report at once. */
export function putReport(context: SandboxContext, put: ReportToPut): string {
	const to = put.to.toUpperCase();
	if (!context.mailboxes.get(to)) throw new RangeError(`There is no mailbox ${to}`);
	const { event, code, text } = REPORT_TEXTS.notCollected;
	const { linkedMessageId, localId, subject, fileName, workflowId = 'TEST_WORKFLOW' } = put;
	const failure = { event: put.event ?? event, code: put.code ?? code, text: put.description ?? text(5) };
	return context.office.report({ to, failure, linkedMessageId, workflowId, localId, subject, fileName }, 0).id;
}

/**
 * Forgets what one mailbox was sent and what it was still uploading, or with no mailbox given everything but mailboxes and clock.
 * What a mailbox sent belongs to its recipients, and stays with them.
 */
export async function reset(context: SandboxContext, mailboxId?: string): Promise<void> {
	const { messages, office, bodies, faults, log, authority, silences } = context;
	for (const message of [...messages.all()]) {
		const isUnfinished = message.from === mailboxId && message.status === 'uploading';
		if (mailboxId === undefined || message.to === mailboxId || isUnfinished) office.forget(message);
	}
	if (mailboxId !== undefined) return;
	await bodies.removeAll();
	faults.clear();
	silences.clear();
	log.clear();
	authority.replays.clear();
}
