/** An error that Node's servers report about a client's connection. */
export type ClientError = NodeJS.ErrnoException & { reason?: string; rawPacket?: unknown };

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
export const certificateFailure = (code: string): ConnectionFailure => ({ method: 'TLS', outcome: CERTIFICATES[code] ?? `Client certificate not accepted: ${code}` });

/** Why a TLS handshake came to nothing; undefined for a connection that was only cut. */
export function tlsFailure({ code = '', reason = '' }: ClientError): ConnectionFailure | undefined {
	if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { method: 'TLS', outcome: 'TLS handshake took too long' };
	if (!/^(ERR_SSL_|EPROTO)/.test(code)) return undefined;
	return { method: 'TLS', outcome: HANDSHAKES.find(([words]) => words.test(reason))?.[1] ?? `TLS failed: ${reason || code}` };
}

/** Why bytes are not a request; undefined for a connection that was only cut. */
export function httpFailure({ code = '', reason = '', rawPacket }: ClientError): (ConnectionFailure & { status: number }) | undefined {
	// A TLS handshake begins with this byte.
	if (code === 'HPE_INVALID_METHOD' && Buffer.isBuffer(rawPacket) && rawPacket[0] === 22) return { method: 'HTTP', status: 400, outcome: 'https on a plain http port' };
	const known = HTTP[code];
	if (known) return { method: 'HTTP', ...known };
	return code.startsWith('HPE_') ? { method: 'HTTP', status: 400, outcome: `Malformed HTTP request: ${reason || code}` } : undefined;
}
