import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

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
export function watchConnections(
	server: Server,
	stateOf: (socket: Socket) => ConnectionState | undefined,
	tell: (socket: Socket, failure: ConnectionFailure) => void,
): void {
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
export function refusesWithoutHost(
	request: IncomingMessage,
	response: ServerResponse,
	tell: (socket: Socket, failure: ConnectionFailure) => void,
): boolean {
	if (request.httpVersion !== '1.1' || request.headers.host !== undefined) return false;
	tell(request.socket, { method: 'HTTP', status: 400, outcome: WITHOUT_HOST });
	answer(response, 400, WITHOUT_HOST);
	return true;
}

function answer(response: ServerResponse, status: number, detail: string): void {
	const body = JSON.stringify({ detail });
	response
		.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' })
		.end(body);
}

/** Answers what is not HTTP, if there is still anybody to answer, and closes the connection when the answer is out. */
export function answerClientError(error: ClientError, socket: Socket): void {
	if (socket.destroyed) return;
	const { status, outcome } = httpFailure(error) ?? {};
	// A body that ended too early may have had its request's answer already.
	const isAnswered = error.code === 'HPE_INVALID_EOF_STATE' && socket.bytesWritten > 0;
	if (status === undefined || !socket.writable || isAnswered) return void socket.destroy(error);
	const body = JSON.stringify({ detail: outcome });
	socket.write(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
	);
	socket.destroySoon();
}

/** An error that Node's servers report about a client's connection. */
type ClientError = NodeJS.ErrnoException & { reason?: string; rawPacket?: unknown };

/** What became of a connection on which no request could be read. Holds nothing of what the client sent. */
export interface ConnectionFailure {
	/** The layer that failed. */
	method: 'TLS' | 'HTTP';
	/** Absent where no answer can be given. */
	status?: number;
	/** In plain words. */
	outcome: string;
}

export const BROKEN_OFF = 'TLS handshake broken off by the client';
export const WITHOUT_HOST = 'No Host header';
export const UNMET_EXPECTATION = 'Expect header other than 100-continue';
export const PROXY_WANTED = 'CONNECT asks for a proxy';

export const CERTIFICATES: Record<string, string | undefined> = {
	CERT_HAS_EXPIRED: 'Client certificate has expired',
	CERT_NOT_YET_VALID: 'Client certificate is not valid yet',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Client certificate of an unknown authority',
	UNABLE_TO_GET_ISSUER_CERT: 'Client certificate of an unknown authority',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Client certificate of an unknown authority',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'Client certificate of an unknown authority',
	SELF_SIGNED_CERT_IN_CHAIN: 'Client certificate of an unknown authority',
	CERT_SIGNATURE_FAILURE: 'Client certificate of an unknown authority',
};

/** By OpenSSL's reason; its words hold nothing of what the client sent. */
export const HANDSHAKES: Array<[RegExp, string]> = [
	[/did not return a certificate/, 'No client certificate'],
	[/http request/, 'Plain http on the https port'],
	[/alert (unknown ca|bad certificate|certificate unknown|certificate expired)/, 'The client does not trust the server’s certificate'],
	[/unsupported protocol|version too low/, 'TLS version below 1.2'],
	[/no shared cipher/, 'No TLS cipher in common'],
	[/wrong version number|unknown protocol|packet length too long|unexpected message/, 'Not TLS'],
];

export const HTTP: Record<string, { status: number; outcome: string } | undefined> = {
	HPE_HEADER_OVERFLOW: { status: 431, outcome: 'Headers larger than 64 KB' },
	HPE_INVALID_METHOD: { status: 400, outcome: 'Unknown HTTP method' },
	HPE_INVALID_EOF_STATE: { status: 400, outcome: 'Malformed HTTP request: it ends too early' },
	ERR_HTTP_REQUEST_TIMEOUT: { status: 408, outcome: 'The headers of a request took too long' },
};

/** Why a client certificate was refused, by OpenSSL's code. */
export const certificateFailure = (code: string): ConnectionFailure => ({
	method: 'TLS',
	outcome: CERTIFICATES[code] ?? `Client certificate not accepted: ${code}`,
});

/** Why a TLS handshake came to nothing; undefined for a connection that was only cut. */
function tlsFailure({ code = '', reason = '' }: ClientError): ConnectionFailure | undefined {
	if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { method: 'TLS', outcome: 'TLS handshake took too long' };
	if (!/^(ERR_SSL_|EPROTO)/.test(code)) return undefined;
	return { method: 'TLS', outcome: HANDSHAKES.find(([words]) => words.test(reason))?.[1] ?? `TLS failed: ${reason || code}` };
}

/** Why bytes are not a request; undefined for a connection that was only cut. */
function httpFailure({ code = '', reason = '', rawPacket }: ClientError): (ConnectionFailure & { status: number }) | undefined {
	// A TLS handshake begins with this byte.
	if (code === 'HPE_INVALID_METHOD' && Buffer.isBuffer(rawPacket) && rawPacket[0] === 22)
		return { method: 'HTTP', status: 400, outcome: 'https on a plain http port' };
	const known = HTTP[code];
	if (known) return { method: 'HTTP', ...known };
	return code.startsWith('HPE_') ? { method: 'HTTP', status: 400, outcome: `Malformed HTTP request: ${reason || code}` } : undefined;
}
