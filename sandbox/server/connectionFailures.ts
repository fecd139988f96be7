import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SandboxContext } from './context';
import { httpFailure, PROXY_WANTED, tlsFailure, UNMET_EXPECTATION, WITHOUT_HOST, type ClientError, type ConnectionFailure } from './failureWords';

/** What happened on a connection so far. */
export interface ConnectionState {
	/** The most recent request, answered or not. */
	request?: IncomingMessage;
	hasFailed: boolean;
}

/**
 * Tells what fails before there is a request that a route could take: TLS handshakes, and bytes that are not HTTP.
 * Node reports both as `clientError`.
 */
export function watchConnections(server: Server, stateOf: (socket: Socket) => ConnectionState | undefined, tell: (socket: Socket, failure: ConnectionFailure) => void): void {
	server.prependListener('request', (request: IncomingMessage) => {
		const state = stateOf(request.socket);
		if (state) state.request = request;
	});
	// First, since the one that answers cuts the connection, and its number is not to be had afterwards.
	server.prependListener('clientError', (error: ClientError, socket: Socket) => {
		// A body that ends too early is a matter of its request, which has a line of its own.
		if (error.code === 'HPE_INVALID_EOF_STATE' && stateOf(socket)?.request?.complete === false) return;
		const failure = tlsFailure(error) ?? httpFailure(error);
		if (failure) tell(socket, failure);
	});
	server.on('checkExpectation', ({ socket }: IncomingMessage, response: ServerResponse) => {
		tell(socket, { method: 'HTTP', status: 417, outcome: UNMET_EXPECTATION });
		answer(response, 417, UNMET_EXPECTATION);
	});
	server.on('connect', (_request, socket: Socket) => {
		tell(socket, { method: 'HTTP', outcome: PROXY_WANTED });
		socket.destroy();
	});
}

/** The refusal that HTTP/1.1 asks for and Node would send without telling anybody. */
export function refusesWithoutHost(request: IncomingMessage, response: ServerResponse, tell: (socket: Socket, failure: ConnectionFailure) => void): boolean {
	if (request.httpVersion !== '1.1' || request.headers.host !== undefined) return false;
	tell(request.socket, { method: 'HTTP', status: 400, outcome: WITHOUT_HOST });
	answer(response, 400, WITHOUT_HOST);
	return true;
}

function answer(response: ServerResponse, status: number, detail: string): void {
	const body = JSON.stringify({ detail });
	response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' }).end(body);
}

/** Answers what is not HTTP, if there is still anybody to answer, and closes the connection when the answer is out. */
export function answerClientError(error: ClientError, socket: Socket): void {
	if (socket.destroyed) return;
	const { status, outcome } = httpFailure(error) ?? {};
	// A body that ended too early may have had its request's answer already.
	const isAnswered = error.code === 'HPE_INVALID_EOF_STATE' && socket.bytesWritten > 0;
	if (status === undefined || !socket.writable || isAnswered) return void socket.destroy(error);
	const body = JSON.stringify({ detail: outcome });
	socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
	socket.destroySoon();
}

/** Puts a failed connection on the log, and on the console if there is one. */
export function noteFailure({ log, clock, closing, onRequest }: SandboxContext, connection: number, failure: ConnectionFailure): void {
	// What is cut at the end is nobody's failure.
	if (closing.aborted) return;
	const recorded = log.addFailure({ path: '', query: {}, call: 'connection', headers: {}, requestBytes: 0, responseBytes: 0, connection, at: clock.now(), ...failure });
	onRequest?.(recorded);
}
