import { Validation, refuse } from '../errors/refusals';
import type { MeshRequest } from '../server/context';
import { warn } from '../server/requestLog';
import type { MessageMetadata } from '../store/storedMessage';

/** Longest value of each header (MESH API, send message). */
const LIMITS: Record<string, number> = {
	'mex-to': 100,
	'mex-workflowid': 300,
	'mex-chunk-range': 20,
	'mex-subject': 500,
	'mex-localid': 300,
	'mex-filename': 300,
	'mex-content-checksum': 100,
	'mex-partnerid': 500,
	'mex-content-type': 100,
	'mex-content-encrypted': 20,
	'mex-content-compressed': 20,
};

/** Headers in which a web address is taken for an attack. */
const NO_ADDRESS = ['mex-to', 'mex-workflowid', 'mex-content-checksum'];

/** Checks lengths and presence, control characters, web addresses and the checksum's characters, in MESH's order. */
export function checkSendHeaders(request: MeshRequest): void {
	const { behaviour } = request.context;
	const validation = new Validation();
	validation.required('header', 'mex-to', request.header('mex-to'));
	validation.required('header', 'mex-workflowid', request.header('mex-workflowid'));
	if (behaviour.emptyWorkflowId === 'refused')
		validation.length('header', 'mex-workflowid', request.header('mex-workflowid')?.trim(), 1, Infinity);
	for (const [name, limit] of Object.entries(LIMITS)) validation.length('header', name, request.header(name), 0, limit);
	validation.done();
	for (const name of Object.keys(request.raw.headers)) {
		// eslint-disable-next-line no-control-regex
		if (name.startsWith('mex-') && /[\x00-\x1f]/.test(request.header(name) ?? '')) throw refuse('malformedControlFile');
	}
	for (const name of NO_ADDRESS) if (/^\s*https?:\/\//i.test(request.header(name) ?? '')) throw refuse('malformedControlFile');
	if (/[^a-z0-9\s:/-]/i.test(request.header('mex-content-checksum') ?? '')) {
		if (behaviour.checksumCharacters === 'limited') throw refuse('invalidChecksum');
		warn(request.record, 'mex-content-checksum has characters that the NHS sandbox refuses');
	}
}

/** Checks the headers that older texts asked for, where they are sent, as far as the sandbox is told to. */
export function checkControlHeaders(request: MeshRequest): void {
	const { controlHeaders } = request.context.behaviour;
	if (!request.header('mex-from')?.trim()) {
		if (controlHeaders === 'fromRequired') throw refuse('invalidFrom');
		warn(request.record, 'no mex-from, which NHS England’s assurance asks for');
	}
	if (controlHeaders === 'ignored') return;
	const differs = (name: string, expected: string) => (request.header(name)?.trim().toUpperCase() || expected) !== expected;
	if (differs('mex-from', request.mailbox.mailboxId)) throw refuse('invalidFrom');
	if (differs('mex-messagetype', 'DATA')) throw refuse('invalidMessageType');
	if (differs('mex-version', '1.0')) throw refuse('invalidControlVersion');
}

/** Whether a body is gzip; undefined for an encoding that MESH does not take. */
export function isGzip(contentEncoding: string | undefined): boolean | undefined {
	const encoding = (contentEncoding ?? '').trim().toLowerCase();
	return encoding === '' ? false : encoding === 'gzip' ? true : undefined;
}

/** `a:b` of mex-chunk-range; undefined when it is malformed or not 1 <= a <= b. */
export function parseChunkRange(value: string | undefined): { chunk: number; total: number } | undefined {
	const [, chunk, total] = /^\s*(\d+)\s*:\s*(\d+)\s*$/.exec(value ?? '')?.map(Number) ?? [];
	return chunk >= 1 && chunk <= total ? { chunk, total } : undefined;
}

/** What the sender says about a message. The recipient is upper case; the flags know many spellings of yes. */
export function readMetadata(request: MeshRequest, gzip: boolean, totalChunks: number): MessageMetadata {
	const text = (name: string) => request.header(name)?.trim() || undefined;
	const flag = (name: string) => /^(y|yes|t|true|on|1)$/i.test(text(name) ?? '');
	return {
		from: request.mailbox.mailboxId,
		to: (text('mex-to') ?? '').toUpperCase(),
		workflowId: text('mex-workflowid') ?? '',
		localId: text('mex-localid'),
		subject: text('mex-subject'),
		fileName: text('mex-filename'),
		checksum: text('mex-content-checksum'),
		partnerId: text('mex-partnerid'),
		contentType: text('mex-content-type') ?? text('content-type')?.toLowerCase(),
		encrypted: flag('mex-content-encrypted'),
		compressed: flag('mex-content-compressed'),
		gzip,
		totalChunks,
	};
}
