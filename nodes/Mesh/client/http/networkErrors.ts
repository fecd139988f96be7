import { MeshError, errorCode, isMeshError } from '../errors';
import type { MeshErrorCode, MeshErrorDetails } from '../errors';
import { NotConnected, NotVerified } from './connect';

/** How a failure of the connection is told to people. */
interface NetworkCause {
	code: MeshErrorCode;
	/** Completes "Could not ...: ". */
	text: string;
	hint: string;
	temporary: boolean;
	/** True when the server refused us in TLS, which it does before it takes a request, even where it says so only after we sent one. */
	refusesUs?: boolean;
}

const UNREACHABLE_HINT = 'Check the environment or base URL, DNS, the proxy settings and the firewall of the n8n host, then try again.';
const PROXY_HINT = 'Check host and port in HTTPS_PROXY, HTTP_PROXY and ALL_PROXY of the n8n host, and the firewall between the two.';
const TRUST_HINT =
	"NHS servers are signed by private NHS certificate authorities: put the CA bundle of your environment (root and sub-CA) into the credential's CA Certificates field.";
const CLIENT_CERTIFICATE_HINT =
	'The server refused our client certificate. Check that it was issued for this environment (integration and production differ), is in date, comes with its intermediate certificates, and that its private key is the right one.';
const VERIFICATION_HINT =
	'Look the code up in the documentation of Node.js (TLS, X509 certificate error codes). As a rule the CA Certificates of the credential are not those of this environment, or a proxy or firewall shows a certificate of its own. If all of that is right, ask the NHS national service desk.';
const PROXY_REFUSAL_HINT =
	"Ask whoever runs the proxy to let the n8n host through to MESH's host and port (CONNECT), and check HTTPS_PROXY of the n8n host.";
const TLS_VERSION_HINT = 'MESH needs TLS 1.2 or later. A proxy or an inspecting firewall in between may be the cause.';

const network = (text: string, hint = UNREACHABLE_HINT): NetworkCause => ({ code: 'MESH_NETWORK', text, hint, temporary: true });
const timeout = (text: string): NetworkCause => ({
	code: 'MESH_TIMEOUT',
	text,
	hint: 'The connection or the service is slow or stuck. Try again later.',
	temporary: true,
});
const tls = (text: string, hint: string): NetworkCause => ({ code: 'MESH_TLS', text, hint, temporary: false });
const refused = (text: string, hint: string): NetworkCause => ({ ...tls(text, hint), refusesUs: true });
/** TLS that fails once a request is under way: damaged, or mixed with what something on the way says when it closes. */
const brokenInTls = network(
	'the secure connection broke',
	'The server, a proxy or a firewall damaged or closed the connection. Try again.',
);

/** Node, OpenSSL and undici error codes that have an explanation of their own. */
export const NETWORK_CAUSES: Readonly<Record<string, NetworkCause>> = {
	ECONNREFUSED: network('nothing accepts connections there'),
	ENOTFOUND: network('the host name is not known to DNS'),
	EAI_AGAIN: network('the DNS server did not answer'),
	EHOSTUNREACH: network('the host cannot be reached'),
	ENETUNREACH: network('the network cannot be reached'),
	EADDRNOTAVAIL: network('no local address or port is free for the connection'),
	EACCES: network('the operating system does not allow the connection'),
	EPERM: network('the operating system or a firewall does not allow the connection'),
	ECONNRESET: network('the connection was reset', 'The server, a proxy or a firewall closed the connection. Try again.'),
	ECONNABORTED: network('the connection was aborted', 'Try again.'),
	EPIPE: network('the connection was closed while data was sent', 'Try again.'),
	ETIMEDOUT: { ...timeout('the connection timed out'), hint: UNREACHABLE_HINT },
	UND_ERR_SOCKET: network('the connection broke', 'The server, a proxy or a firewall closed the connection. Try again.'),
	UND_ERR_CLOSED: network('the client was closed', 'Try again.'),
	UND_ERR_DESTROYED: network('the client was closed', 'Try again.'),
	UND_ERR_INFO: network('the connection was closed', 'Try again.'),
	MESH_CONNECT_TIMEOUT: { ...timeout('no connection was set up in time'), hint: UNREACHABLE_HINT },
	UND_ERR_HEADERS_TIMEOUT: timeout('no answer came in time'),
	MESH_PROXY_UNREACHABLE: network('the proxy cannot be reached', PROXY_HINT),
	MESH_PROXY_CLOSED: network(
		'the proxy closed the connection without an answer',
		'Check the port in HTTPS_PROXY of the n8n host (one for TLS only wants https://), and whether the proxy lets the n8n host through to MESH.',
	),
	MESH_PROXY_TIMEOUT: { ...timeout('the proxy did not answer in time'), hint: PROXY_HINT },
	MESH_PROXY_NOT_HTTP: { ...network('what answers at the address of the proxy is not an HTTP proxy', PROXY_HINT), temporary: false },
	MESH_PROXY_PAGE: {
		...network('the proxy answered with a page of its own instead of a connection', PROXY_REFUSAL_HINT),
		temporary: false,
	},
	MESH_PROXY_STATUS_407: {
		...network(
			'the proxy wants a user name and password, or refuses those that it got',
			'Put them into HTTPS_PROXY of the n8n host, as in http://user:password@proxy.example:8080. Proxies that accept NTLM or Kerberos only are not supported.',
		),
		temporary: false,
	},
	MESH_PROXY_ADDRESS: {
		...network(
			'the address of the proxy cannot be read',
			'Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY of the n8n host: they look like http://proxy.example:8080. In a user name or password write % as %25, a backslash as %5C (DOMAIN%5Cuser), @ as %40, : as %3A, / as %2F, # as %23 and ? as %3F.',
		),
		temporary: false,
	},
	MESH_PROXY_SCHEME: {
		...network(
			'the proxy is of a kind that is not supported',
			'HTTPS_PROXY, HTTP_PROXY and ALL_PROXY of the n8n host must begin with http:// or https://. SOCKS proxies are not supported.',
		),
		temporary: false,
	},
	MESH_PROXY_TLS: {
		code: 'MESH_TLS',
		text: 'the secure connection to the proxy failed',
		hint: 'Check HTTPS_PROXY of the n8n host: most proxies are spoken to as http://. A certificate of a private authority must be named by NODE_EXTRA_CA_CERTS.',
		temporary: false,
	},
	UND_ERR_HEADERS_OVERFLOW: {
		code: 'MESH_PROTOCOL',
		text: 'the answer had too many headers',
		hint: 'This does not look like MESH. Check the base URL.',
		temporary: false,
	},
	UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: {
		code: 'MESH_INTEGRITY',
		text: 'the content is not as long as announced',
		hint: 'The file changed while it was sent. Send it again when nothing writes to it any more.',
		temporary: false,
	},
	UND_ERR_RES_CONTENT_LENGTH_MISMATCH: network('the answer was cut short', 'Try again.'),

	DEPTH_ZERO_SELF_SIGNED_CERT: tls('the server has a self-signed certificate', TRUST_HINT),
	SELF_SIGNED_CERT_IN_CHAIN: tls("the server's certificate is signed by an authority that is not trusted here", TRUST_HINT),
	UNABLE_TO_GET_ISSUER_CERT: tls("the issuer of the server's certificate is missing", TRUST_HINT),
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: tls("the issuer of the server's certificate is not trusted here", TRUST_HINT),
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: tls("the server's certificate cannot be verified", TRUST_HINT),
	CERT_SIGNATURE_FAILURE: tls("the signature of the server's certificate is wrong", TRUST_HINT),
	CERT_UNTRUSTED: tls("the server's certificate is not trusted here", TRUST_HINT),
	INVALID_CA: tls("an authority in the server's chain is not valid", TRUST_HINT),
	CERT_HAS_EXPIRED: tls(
		"the server's certificate, or one above it, has expired",
		'If it is the certificate authority that expired (the old production chain ended on 4 June 2024), replace the CA Certificates. Check the clock of the n8n host too.',
	),
	CERT_NOT_YET_VALID: tls("the server's certificate is not valid yet", 'Check the clock of the n8n host.'),
	CERT_REVOKED: tls("the server's certificate was revoked", 'Do not go on; ask the NHS national service desk.'),
	ERR_TLS_CERT_ALTNAME_INVALID: tls(
		"the server's certificate is for another host name",
		'Check the host name in the base URL. Somebody may also be answering in place of MESH.',
	),
	ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refused('our client certificate was refused (unknown authority)', CLIENT_CERTIFICATE_HINT),
	ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: refused('our client certificate was refused (access denied)', CLIENT_CERTIFICATE_HINT),
	ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: refused('our client certificate was refused (its signature did not verify)', CLIENT_CERTIFICATE_HINT),
	ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: refused(
		'the server demands a client certificate',
		'Put the client certificate and its private key into the credential.',
	),
	ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refused('our client certificate was refused', CLIENT_CERTIFICATE_HINT),
	ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: refused('our client certificate was refused: it has expired', 'Renew the client certificate.'),
	ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: refused('our client certificate was refused: it was revoked', 'Get a new client certificate.'),
	ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: refused('our client certificate was refused', CLIENT_CERTIFICATE_HINT),
	ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: refused(
		'our client certificate is of a kind that the server does not take',
		CLIENT_CERTIFICATE_HINT,
	),
	ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: refused(
		'the server ended the TLS handshake',
		`${CLIENT_CERTIFICATE_HINT} Without a certificate in the credential, add one.`,
	),
	ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: tls('the server does not speak our TLS version', TLS_VERSION_HINT),
	ERR_SSL_UNSUPPORTED_PROTOCOL: tls('the server speaks only a TLS version that is too old', TLS_VERSION_HINT),
	ERR_SSL_WRONG_VERSION_NUMBER: tls(
		'what answers there does not speak TLS',
		'Check scheme and port of the base URL, and the proxy settings.',
	),
	ERR_SSL_PACKET_LENGTH_TOO_LONG: tls(
		'what answers there does not speak TLS',
		'Check scheme and port of the base URL, and the proxy settings.',
	),
};

/**
 * What a code means. The codes of Node, OpenSSL and undici are no closed set: where one has no entry of its own, its family counts.
 * @param ofVerification whether Node's verification of the server's certificate gave it; any code can be one of those
 */
export function networkCauseOf(code: string | undefined, ofVerification = false): NetworkCause {
	if (code !== undefined) {
		if (Object.hasOwn(NETWORK_CAUSES, code)) return NETWORK_CAUSES[code];
		if (ofVerification) return tls("the server's certificate did not pass its verification", VERIFICATION_HINT);
		const [, status] = /^MESH_PROXY_STATUS_(\d{3})$/.exec(code) ?? [];
		if (status !== undefined) {
			const temporary = status.startsWith('5') || ['408', '429'].includes(status);
			return { ...network(`the proxy refused the connection with status ${status}`, PROXY_REFUSAL_HINT), temporary };
		}
		if (/^ERR_SSL_.*ALERT/.test(code)) return tls(`the server refused the TLS connection`, CLIENT_CERTIFICATE_HINT);
		if (/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/.test(code)) return tls('the TLS connection failed', TLS_VERSION_HINT);
		if (code.startsWith('HPE_')) {
			return {
				code: 'MESH_PROTOCOL',
				text: 'the answer is not valid HTTP',
				hint: 'What answers there is not MESH, or something in between damages the answer. Check the base URL (https or http) and the proxy settings.',
				temporary: true,
			};
		}
	}
	return network(
		'the connection failed for a reason that is not known here',
		'Look the code up in the documentation of Node.js, and try again.',
	);
}

interface NetworkContext {
	/** The call in words. */
	call: string;
	host: string;
	/** True once the request was being written to a connection. */
	sent: boolean;
}

/** Turns what Node, OpenSSL or undici threw into a `MeshError`. Only the error's `code` is taken over, never its text. */
export function networkError(thrown: unknown, { call, host, sent }: NetworkContext): MeshError {
	const inSetUp = thrown instanceof NotConnected;
	const failure = inSetUp ? thrown.cause : thrown;
	const ofVerification = failure instanceof NotVerified;
	const error = ofVerification ? failure.cause : failure;
	if (isMeshError(error)) return error; // from the source of a request body
	const networkCode = codeOf(error);
	const cause = networkCauseOf(networkCode, ofVerification);
	const { code, text, hint, temporary, refusesUs } =
		!inSetUp && sent && cause.code === 'MESH_TLS' && !cause.refusesUs ? brokenInTls : cause;
	return new MeshError(`Could not ${call}: ${text} (${host}${networkCode ? `, ${networkCode}` : ''}${beneath(error, networkCode)})`, {
		code,
		call,
		title: `Could not ${call}: ${text}`,
		hint,
		temporary,
		networkCode,
		ambiguous: sent && !refusesUs,
	});
}

/** Whether the connection came about and was closed before any answer. */
export function isClosedOnUs({ networkCode = '' }: Pick<MeshError, 'networkCode'>): boolean {
	return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(networkCode);
}

/** Why a proxy could not be reached. */
function beneath(error: unknown, networkCode: string | undefined): string {
	const code = networkCode?.startsWith('MESH_PROXY_') ? codeOf((error as { cause?: unknown }).cause) : undefined;
	return code ? `, ${code}` : '';
}

/** The code of an error, or of what caused it: several attempts at connecting end in an AggregateError. */
function codeOf(error: unknown, depth = 0): string | undefined {
	if (typeof error !== 'object' || error === null || depth > 5) return undefined;
	const { cause, errors } = error as { cause?: unknown; errors?: unknown };
	const inner = codeOf(cause, depth + 1) ?? (Array.isArray(errors) ? codeOf(errors[0], depth + 1) : undefined);
	// undici's parser gives some of its errors no code.
	const own = errorCode(error) ?? (Reflect.get(error, 'name') === 'HTTPParserError' ? 'HPE_INVALID_RESPONSE' : undefined);
	// A general code with a special one beneath it: the special one explains more.
	return own === undefined || (own === 'UND_ERR_SOCKET' && inner !== undefined) ? (inner ?? own) : own;
}

/** What did not go on: reading the content, sending it, the server, its answer, a short answer that never ends, or an answer's reader. */
export type TimeoutPhase = 'reading' | 'sending' | 'waiting' | 'answering' | 'receiving' | 'unread';

/** No progress for too long. */
export function timeoutError(call: string, host: string, phase: TimeoutPhase, milliseconds: number): MeshError {
	const [what, details] = STALLS[phase](host, `${Math.round(milliseconds / 1000)} s`);
	return new MeshError(`Could not ${call}: ${what}`, { code: 'MESH_TIMEOUT', call, temporary: true, ...details });
}

type Explained = [what: string, details: Partial<MeshErrorDetails>];

/** What no progress is called in each phase. */
export const STALLS: Readonly<Record<TimeoutPhase, (host: string, time: string) => Explained>> = {
	reading: (_host, time) => [
		`the content could not be read any further for ${time}`,
		{
			networkCode: 'MESH_SOURCE_STALLED',
			parameter: 'source',
			// The server cannot have a message of which we did not send the end.
			ambiguous: false,
			hint: 'The place where n8n keeps its binary data is slow or stuck. Try again. Content that is itself being downloaded from MESH must be stored first where Connections at Once leaves no other connection for it.',
		},
	],
	unread: (_host, time) => [
		`what had come was not read for ${time}`,
		{
			networkCode: 'MESH_ANSWER_UNREAD',
			hint: 'The place where n8n keeps its binary data is slow or stuck. The connection was given up, as others may have waited for it. Try again.',
		},
	],
	sending: (host, time) => [
		`${host} stopped accepting data for ${time}`,
		{
			networkCode: 'MESH_SEND_STALLED',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later; on a slow link a smaller chunk size helps.',
		},
	],
	waiting: (host, time) => [
		`${host} did not answer within ${time}`,
		{
			networkCode: 'MESH_RESPONSE_TIMEOUT',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later.',
		},
	],
	answering: (host, time) => [
		`the answer of ${host} stopped in the middle for ${time}`,
		{
			networkCode: 'MESH_ANSWER_STALLED',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later.',
		},
	],
	receiving: (host, time) => [
		`the answer of ${host} had not ended after ${time}`,
		{
			networkCode: 'MESH_ANSWER_TIMEOUT',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later.',
		},
	],
};
