import { refuse } from '../errors/refusals';
import type { Route } from '../server/context';
import { warn } from '../server/requestLog';
import { findRecipient } from '../store/recipients';
import { plainJson } from './answers';
import { receiveBody } from './receiveBody';
import { checkControlHeaders, checkSendHeaders, isGzip, parseChunkRange, readMetadata } from './sendHeaders';

/** MESH API, send message: a whole message, or the first chunk of one. */
export const send: Route = {
	call: 'send',
	methods: ['POST'],
	path: '/messageexchange/:mailbox/outbox',
	access: 'token',
	async handle(request) {
		const { context } = request;
		const { office, bodies } = context;
		checkSendHeaders(request);
		const isV1 = request.version() < 2;
		if (request.header('mex-to')?.trim() === '') throw refuse('recipientMissing');
		checkControlHeaders(request);
		const gzip = isGzip(request.header('content-encoding'));
		if (gzip === undefined) throw refuse('unsupportedEncoding');
		const range = request.header('mex-chunk-range');
		const { chunk, total } = range === undefined ? { chunk: 1, total: 1 } : (parseChunkRange(range) ?? { chunk: 0, total: 0 });
		if (chunk !== 1) throw refuse('invalidChunkRange');

		const metadata = readMetadata(request, gzip, total);
		const recipient = findRecipient(context, metadata);
		if (recipient.kind === 'refused') {
			if (context.behaviour.unknownRecipient === 'refusal') throw refuse(recipient.refusal);
			const refused = office.create({ ...metadata, to: recipient.to });
			office.fail(refused, recipient.failure);
			request.record.messageId = refused.id;
			throw refuse(recipient.refusal, refused.id);
		}
		const body = await receiveBody(request);
		if (body.bytes === 0) {
			await bodies.drop(body);
			throw refuse('emptyBody');
		}
		const id = office.newId();
		bodies.keep(body, id, 1);
		const message = office.create({ ...metadata, to: recipient.to }, id);
		request.record.messageId = id;
		message.chunkBytes[1] = body.bytes;
		if (recipient.kind === 'reported') message.pendingFailure = recipient.failure;
		if (total === 1) office.accept(message);
		else context.messages.save(message);
		if (total > 1 && body.bytes < context.behaviour.minimumChunkBytes) warn(request.record, `chunk 1 is below the minimum of ${context.behaviour.minimumChunkBytes} bytes`);
		return plainJson(request, isV1 ? { messageID: id } : { message_id: id }, 202);
	},
};
