import type { FastifyReply } from 'fastify';
import { SERVER_FAILURES } from '../errors/serverFailures';
import { lengthOf, wholeBody } from '../faults/cutBody';
import { isStreamed, type Answer } from './answer';
import type { MeshRequest, SandboxContext } from './context';

/** A content type that fastify leaves alone. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Sends an answer and notes it on the log. */
export function send(answer: Answer, { record, raw, context }: MeshRequest, reply: FastifyReply): void {
	const { status, headers } = answer;
	// As a stream where the sender declared what is no media type, which fastify would replace on a body in memory.
	const body = MEDIA_TYPE.test(String(headers['content-type'] ?? '')) ? answer.body : wholeBody(answer.body);
	record.status = status;
	// By the clock that tokens are judged by, so that a client can find out how far its own is off.
	if (answer.isForeign) reply.raw.sendDate = false;
	else reply.header('date', new Date(context.clock.now()).toUTCString());
	if (answer.continueFirst) reply.raw.writeContinue();
	if (answer.framing === 'none') reply.raw.useChunkedEncodingByDefault = false;
	const length = lengthOf(body);
	record.responseBytes = raw.method === 'HEAD' ? 0 : (length ?? 0);
	reply.code(status).headers(headers);
	if (body === undefined) {
		reply.header('content-length', '0').send();
	} else if (isStreamed(body)) {
		if (length !== undefined && headers['content-length'] === undefined) reply.header('content-length', String(length));
		body.stream.once('error', () => {
			if (record.outcome === 'ok') record.outcome = SERVER_FAILURES.unreadable;
		});
		reply.send(body.stream);
	} else {
		// As a buffer, because fastify adds a charset to the type of a text.
		reply.send(Buffer.from(body));
	}
}

/** Completes the log's line when the answer is out or the connection is gone. */
export function finishRecord(context: SandboxContext, { record }: MeshRequest, reply: FastifyReply): void {
	reply.raw.once('close', () => {
		if (!reply.raw.writableFinished && record.outcome === 'ok') record.outcome = 'the client gave up';
		context.onRequest?.(record);
	});
}
