import { refuse } from '../errors/refusals';
import { Validation } from '../errors/validation';
import type { Answer } from '../server/answer';
import type { MeshRequest, Route } from '../server/context';
import { lastEvent, type StoredMessage } from '../store/storedMessage';
import { downloadContentType, downloadHeaders } from '../views/downloadHeaders';
import { chunkBody } from './chunkBody';

/** MESH API, download message: the whole of a single-chunk message, or the first chunk of a larger one. */
export const download: Route = {
	call: 'download',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/inbox/:messageId',
	access: 'token',
	handle: (request) => chunkAnswer(request, 1),
};

/** MESH API, download chunk: 206 while more follow, 200 for the last. */
export const downloadChunk: Route = {
	call: 'downloadChunk',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/inbox/:messageId/:chunk',
	access: 'token',
	handle(request) {
		const validation = new Validation();
		const chunk = validation.integer('path', 'chunk_num', request.params.chunk, 0, 1);
		validation.done();
		return chunkAnswer(request, chunk);
	},
};

async function chunkAnswer(request: MeshRequest, asked: number): Promise<Answer> {
	const { context, mailbox, params } = request;
	const version = request.version();
	const message = context.messages.get(params.messageId);
	if (!message) throw refuse('messageNotFound');
	if (message.to !== mailbox.mailboxId) throw refuse('forbidden');
	if (!isAvailable(request, message)) throw refuse('messageGone');
	if (message.type === 'REPORT') return { status: 200, headers: downloadHeaders(message, 1, false, context.behaviour) };
	const chunk = request.fault?.kind === 'duplicateChunk' ? neighbour(asked) : asked;
	// A neighbour that does not exist leaves the same bytes under a wrong number.
	const served = message.chunkBytes[chunk] === undefined && chunk !== asked ? asked : chunk;
	if (message.chunkBytes[served] === undefined) throw refuse('messageNotFound');
	const { body, gzip } = await chunkBody(request, message, served, version);
	return {
		status: asked < message.totalChunks ? 206 : 200,
		headers: { 'content-type': downloadContentType(message, version, context.behaviour), ...downloadHeaders(message, chunk, gzip, context.behaviour) },
		body,
	};
}

/** Expired, failed, unfinished, not delivered yet and, by the specification, acknowledged messages are not. */
function isAvailable({ context }: MeshRequest, message: StoredMessage): boolean {
	if (context.office.isDelivered(message)) return true;
	return context.behaviour.afterAcknowledgement === 'available' && lastEvent(message).status === 'acknowledged';
}

const neighbour = (chunk: number) => (chunk > 1 ? chunk - 1 : 2);
