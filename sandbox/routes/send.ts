import { Validation, refuse } from '../errors/refusals';
import type { MeshRequest, Route } from '../server/context';
import { warn } from '../server/requestLog';
import type { IncomingBody } from '../store/bodies';
import { findRecipient } from '../store/recipients';
import type { StoredMessage } from '../store/storedMessage';
import { plainJson } from './answers';
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
		if (total > 1 && body.bytes < context.behaviour.minimumChunkBytes)
			warn(request.record, `chunk 1 is below the minimum of ${context.behaviour.minimumChunkBytes} bytes`);
		return plainJson(request, isV1 ? { messageID: id } : { message_id: id }, 202);
	},
};

/** MESH API, send chunk: chunk 2 and on; the one whose number equals the total finalises the message. */
export const sendChunk: Route = {
	call: 'sendChunk',
	methods: ['POST'],
	path: '/messageexchange/:mailbox/outbox/:messageId/:chunk',
	access: 'token',
	async handle(request) {
		const { context, params } = request;
		const validation = new Validation();
		const chunk = validation.integer('path', 'chunk_number', params.chunk, 0);
		validation.length('header', 'mex-chunk-range', request.header('mex-chunk-range'), 0, 20);
		validation.done();
		const isV1 = request.version() < 2;
		const message = checkChunk(request, chunk);
		const body = await receiveBody(request);
		// Another upload may have finalised the message while this one was coming in, or a reset taken it away. From here to its
		// acceptance nothing is awaited, so that of several last chunks only one finds it still open.
		const isKnown = context.messages.get(message.id) === message;
		if (!isKnown || message.status !== 'uploading') {
			await context.bodies.drop(body);
			throw refuse(isKnown ? 'alreadyFinal' : 'notFound');
		}
		context.bodies.keep(body, message.id, chunk);
		context.messages.saveChunk(message, chunk, body.bytes);
		if (chunk === message.totalChunks) context.office.accept(message);
		const { minimumChunkBytes, answers } = context.behaviour;
		if (chunk < message.totalChunks && body.bytes < minimumChunkBytes)
			warn(request.record, `chunk ${chunk} is below the minimum of ${minimumChunkBytes} bytes`);
		if (isV1) return plainJson(request, { messageID: message.id, blockID: chunk }, 202);
		return plainJson(request, answers === 'nhsSandbox' ? null : { message_id: message.id }, 202);
	},
};

/** The message the chunk belongs to; throws what MESH answers when the chunk does not fit it. */
function checkChunk(request: MeshRequest, chunk: number): StoredMessage {
	const { context, mailbox, params } = request;
	const message = context.messages.get(params.messageId);
	if (!message) throw refuse('notFound');
	if (message.from !== mailbox.mailboxId) throw refuse('forbidden');
	if (message.status !== 'uploading') throw refuse('alreadyFinal');
	const range = parseChunkRange(request.header('mex-chunk-range'));
	if (range?.chunk !== chunk) throw refuse('invalidChunkRange', message.id);
	if (chunk > message.totalChunks) throw refuse('chunkAboveTotal');
	if (isGzip(request.header('content-encoding')) !== message.gzip) throw refuse('encodingChanged');
	if (context.behaviour.chunkHoles === 'refuse' && chunk === message.totalChunks) {
		for (let earlier = 1; earlier < chunk; earlier++) {
			if (message.chunkBytes[earlier] === undefined) throw refuse('invalidChunkRange', message.id);
		}
	}
	return message;
}

/** Streams the request's body to disk. Throws 413 as soon as it is known to be too large. */
async function receiveBody(request: MeshRequest): Promise<IncomingBody> {
	const { context, raw, record } = request;
	const check = (bytes: number) => {
		if (bytes > context.maximumRequestBytes) throw refuse('requestTooLarge');
	};
	check(Number(request.header('content-length') ?? 0));
	return context.bodies.receive(raw, (bytes) => {
		record.requestBytes = bytes;
		check(bytes);
	});
}
