import { FAULT_KINDS } from './dialogs/faultKinds.js';
import { element } from './element.js';

/** MESH's words for the state of a message, and what they mean to people. */
const STATUSES = /** @type {const} */ ({
	uploading: { label: 'uploading', meaning: 'Chunks are outstanding; nobody can see it yet.' },
	delayed: { label: 'on its way', meaning: 'Accepted; shows in the inbox after the delivery delay.' },
	accepted: { label: 'waiting', meaning: 'In the inbox, not acknowledged yet.' },
	acknowledged: { label: 'acknowledged', meaning: 'The recipient has it.' },
	undeliverable: { label: 'undeliverable', meaning: 'Not collected; the sender got a report.' },
	error: { label: 'failed', meaning: 'Not deliverable; the sender got a report.' },
});

/** @param {keyof typeof STATUSES} status */
export const statusLabel = (status) => STATUSES[status].label;

/**
 * @typedef {object} Shown
 * @property {keyof typeof STATUSES} shownStatus
 * @property {import('./types.js').MessageSummary['type']} type
 * @property {boolean} reported
 */

/** @param {Shown} message */
export function statusMeaning({ shownStatus, type, reported }) {
	const isFailure = shownStatus === 'undeliverable' || shownStatus === 'error';
	if (isFailure && type === 'REPORT') return 'No longer in the inbox; there are no reports about reports.';
	if (isFailure && !reported) return 'Set by an admin call; the sender got no report.';
	return STATUSES[shownStatus].meaning;
}

/**
 * @param {Shown & { chunkCount: number, chunksReceived?: number }} message
 */
export function statusPill(message) {
	const { shownStatus, chunkCount, chunksReceived } = message;
	const { label } = STATUSES[shownStatus];
	const progress = shownStatus === 'uploading' && chunksReceived !== undefined ? ` ${chunksReceived}/${chunkCount}` : '';
	return element('span', { class: `pill ${shownStatus}`, title: statusMeaning(message), text: label + progress });
}

/** Status of an answer, or how a request without one ended. @param {{ status?: number, outcome: string }} request */
export function answerPill({ status, outcome }) {
	if (status === undefined) return element('span', { class: 'pill cut', text: outcome === 'ok' ? '…' : 'no answer' });
	const kind = status >= 400 ? 'refused' : status >= 300 ? 'cut' : 'success';
	return element('span', { class: `pill ${kind}`, text: String(status) });
}

/** @param {import('./types.js').RecordedRequest} request */
export const isTrouble = ({ status, outcome }) => (status ?? 0) >= 300 || (outcome !== 'ok' && outcome !== '');

/** The calls of the MESH API in words. @type {Record<import('./types.js').CallName, string>} */
export const CALL_NAMES = {
	handshake: 'Handshake',
	list: 'List inbox',
	download: 'Download message',
	downloadChunk: 'Download chunk',
	head: 'Message headers',
	acknowledge: 'Acknowledge',
	count: 'Count messages',
	send: 'Send message',
	sendChunk: 'Send chunk',
	track: 'Track',
	trackLocal: 'Track by local ID',
	lookup: 'Endpoint lookup',
	search: 'Workflow search',
	ping: 'Ping',
	other: 'Other',
};

/** What a line of the log is about: a call, or a connection on which there was none. @param {import('./types.js').RecordedRequest['call']} call */
export const callName = (call) => (call === 'connection' ? 'Connection' : CALL_NAMES[call]);

const FAULT = 'fault: ';

/**
 * What to look at when a request was refused, by the beginning of the outcome's text.
 * @type {Array<[string, string]>}
 */
const ADVICE = [
	[
		'No client certificate',
		'Give the client client-cert.pem and client-key.pem, or client.p12, from the folder of certificates that the sandbox named when it started. A client that cannot present one needs a sandbox started with --no-client-cert.',
	],
	[
		'Client certificate of an unknown authority',
		'This sandbox did not make that certificate. Take client-cert.pem and client-key.pem from its own folder; a copy from before the folder was made anew is no good any more. Real MESH answers a certificate that it does not know with the same alert, unknown_ca.',
	],
	['Client certificate', 'Take client-cert.pem and client-key.pem from the folder of certificates that the sandbox named when it started.'],
	['Plain http on the https port', 'Begin the base URL with https://, or start the sandbox with --no-tls.'],
	['https on a plain http port', 'This sandbox was started with --no-tls: begin the base URL with http://, or start it without that flag.'],
	[
		'The client does not trust',
		'Give the client ca.pem from the sandbox’s folder of certificates as its authority. For real MESH it needs the NHS’s authorities instead.',
	],
	[
		'TLS handshake broken off',
		'Most often the client does not trust the server’s certificate: give it ca.pem from the sandbox’s folder of certificates, and call the sandbox localhost or 127.0.0.1. The client’s own error says more.',
	],
	['TLS version below', 'MESH takes TLS 1.2 and 1.3.'],
	['No TLS cipher', 'The client allows none of the ciphers of TLS 1.2 and 1.3 that are in use today.'],
	['TLS handshake took too long', 'The client opened a connection and did not go on.'],
	['TLS failed', 'Compare with the client’s own error.'],
	['Not TLS', 'This port speaks https only.'],
	[
		'Headers larger',
		'All headers of a request together may take 64 KB here; MESH limits single ones, mex-subject for instance to 500 characters.',
	],
	['Unknown HTTP method', 'MESH uses GET, HEAD, POST and PUT.'],
	[
		'Malformed HTTP request',
		'What arrived is not HTTP/1.1. Look for line breaks or other control characters in headers, a wrong Content-Length, or a program in between that changes what is sent.',
	],
	['The headers of a request', 'The client opened a connection, or began a request, and did not finish the headers within a minute.'],
	['No Host header', 'HTTP/1.1 demands one; HTTP libraries send it by themselves.'],
	['Expect header', 'Only "Expect: 100-continue" is known.'],
	['CONNECT asks', 'The client takes the sandbox for its proxy: give the address as base URL, not as proxy.'],
	[
		'Error reading from Authorization header',
		'Send "Authorization: NHSMESH <mailbox>:<nonce>:<count>:<timestamp>:<hash>", five parts with colons between them, the count in digits.',
	],
	[
		'Mailbox id does not match token',
		'The mailbox in the token and the one in the path must be the same, in capitals, and the header must begin with "NHSMESH ".',
	],
	[
		'Invalid Authentication Token',
		'Check the mailbox password, the shared key, the signed text (<mailbox>:<nonce>:<count>:<password>:<timestamp>), and that the timestamp is UTC (yyyyMMddHHmm) and within two hours of the sandbox’s clock.',
	],
	[
		'Error Duplicated Authentication Token',
		'Each token is good for one request: make a new nonce, or count up, for every attempt, retries included.',
	],
	['No mailbox matched', 'There is no mailbox of this name here.'],
	['Request Received from Inactive Mailbox', 'The mailbox is switched off.'],
	['Forbidden', 'The message belongs to another mailbox.'],
	['Message does not exist', 'No such message or chunk; a chunk can be missing when the last one was sent before the others.'],
	['Message no longer available', 'It was acknowledged, has expired, has failed, or is still being uploaded.'],
	['Accept header api format incorrect', 'Send one media type, application/vnd.mesh.v2+json, and no list.'],
	['MalformedControlFile', 'A mex header holds a control character, or a web address where none may be.'],
	['Invalid checksum', 'Only letters, digits, spaces and : - / are allowed, so write digests in hexadecimal, not base64.'],
	['TO_DTS missing', 'mex-to is empty.'],
	['ods code missing', 'The ODS code in the path is blank.'],
	['workflow id missing', 'The workflow ID in the path is blank.'],
	['Invalid From Address', 'mex-from names another mailbox than the token: leave it out, or send your own.'],
	['Invalid version of the control file', 'mex-version must be 1.0, or absent.'],
	['Invalid Message Type', 'mex-messagetype must be DATA, or absent.'],
	['Unregistered to address', 'There is no mailbox of that name.'],
	['Invalid chunk values', 'mex-chunk-range must be "k:n" with the number k of the path, starting with 1:n.'],
	['cannot change content encoding', 'Every chunk needs the same content-encoding as the first.'],
	['Data file is missing', 'The body is empty.'],
	['Unsupported content encoding', 'Only gzip, or none.'],
	['Method Not Allowed', 'The path exists, with another method.'],
	['Not Found', 'Check the path; message IDs of others are not found either.'],
	['Multiple Choices', 'Several messages carry this local ID.'],
	['Sender is not allowed', 'Workflow permissions are on, and this mailbox may not send this workflow.'],
	['Workflow ID not registered', 'Workflow permissions are on, and the recipient does not take this workflow.'],
	['the client gave up', 'The client closed the connection before the answer was complete: a timeout, perhaps.'],
	[
		'The content is labelled gzip',
		'It was sent with "Content-Encoding: gzip" and is not packed, so it cannot be unpacked for this client. One that accepts gzip gets it as it is.',
	],
	[
		'The gzip content is damaged',
		'It was sent with "Content-Encoding: gzip" and cannot be unpacked to its end, so the answer broke off. Pack each chunk on its own, and compare what arrived with what was sent.',
	],
	['The stored content cannot be read', 'Something took or changed the sandbox’s files: look into its data folder.'],
	['continue_from was not made', 'Take it as it is from links.next of the page before, decoded once from its URL.'],
	['The NHS sandbox fails', 'Ask for version 2, or switch “answers” to “specification”.'],
	[FAULT, 'This fault was armed on purpose.'],
	['header ', 'A header is missing, too long, or not what it should be.'],
	['query ', 'A query parameter is missing or out of range.'],
	['path ', 'A part of the path is not what it should be.'],
];

/** By status, where the text is MESH's "internal error". @type {Record<number, string | undefined>} */
const BY_STATUS = {
	406: 'The chunk’s number is above the total that the first chunk declared.',
	413: 'The body is larger than one request may be (100 MB): send it in chunks.',
	423: 'The message is final already: its last chunk has been accepted.',
	429: 'The rate limit is reached; Retry-After says how long to wait.',
};

/**
 * @param {{ outcome: string, status?: number, messageId?: string }} request
 * @returns {string | undefined}
 */
export function adviceFor({ outcome, status, messageId }) {
	const [, advice] = ADVICE.find(([beginning]) => outcome.startsWith(beginning)) ?? [];
	// The message got an ID only where the sandbox also reports its failure (the switch unknownRecipient).
	if (outcome === 'Unregistered to address')
		return `${advice} ${messageId === undefined ? 'No report was sent: the switch unknownRecipient is “refusal”.' : 'A report about it went to the sender’s inbox.'}`;
	return advice ?? (status === undefined ? undefined : BY_STATUS[status]);
}

/**
 * The outcome of a request in words.
 * @param {string} outcome
 */
export function describeOutcome(outcome) {
	if (!outcome.startsWith(FAULT)) return outcome;
	const kind = outcome.slice(FAULT.length);
	return `Fault: ${FAULT_KINDS.find((each) => each.kind === kind)?.text ?? kind}`;
}
