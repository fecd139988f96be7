import { refuse } from '../errors/refusals';
import { Validation } from '../errors/validation';
import type { MeshRequest, Route } from '../server/context';
import { warn } from '../server/requestLog';
import type { StoredMessage } from '../store/storedMessage';
import { plainJson } from './answers';
import { receiveBody } from './receiveBody';
import { isGzip, parseChunkRange } from './sendHeaders';

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
		if (chunk < message.totalChunks && body.bytes < minimumChunkBytes) warn(request.record, `chunk ${chunk} is below the minimum of ${minimumChunkBytes} bytes`);
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
