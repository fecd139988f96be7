import { input, select } from './form.js';

/**
 * One thing a fault can be told.
 * @typedef {object} Parameter
 * @property {string} name
 * @property {string} label
 * @property {() => import('./form.js').Control} control
 * @property {'number' | 'text'} type
 * @property {boolean} [optional]
 */

/**
 * @param {string} name
 * @param {string} label
 * @param {number} value
 * @returns {Parameter}
 */
const number = (name, label, value) => ({ name, label, type: 'number', control: () => input({ type: 'number', min: 0, value }) });

/**
 * @param {string} name
 * @param {string} label
 * @param {Array<{ value: string, text: string }>} options
 * @returns {Parameter}
 */
const choice = (name, label, options) => ({ name, label, type: 'text', control: () => select(options) });

/**
 * Every fault the sandbox can play, in the order of the menu.
 * @type {Array<{ kind: string, text: string, meaning: string, parameters: Parameter[] }>}
 */
export const FAULT_KINDS = [
	{
		kind: 'status',
		text: 'Answer with a status',
		meaning: 'Nothing is done; the answer is MESH’s “internal error” under this status.',
		parameters: [number('status', 'Status', 503), { ...number('retryAfter', 'Retry-After in seconds', 5), optional: true }],
	},
	{
		kind: 'resetAfterProcessing',
		text: 'Lose the answer',
		meaning: 'The request takes effect, then the connection is reset instead of an answer: was it sent or not?',
		parameters: [],
	},
	{
		kind: 'resetBeforeProcessing',
		text: 'Reset the connection, nothing done',
		meaning: 'The body is read, nothing is done, the connection is reset.',
		parameters: [],
	},
	{
		kind: 'resetInRequestBody',
		text: 'Reset during the upload',
		meaning: 'The connection is reset once so many bytes of the body have arrived; nothing is done.',
		parameters: [number('afterBytes', 'After bytes', 1000)],
	},
	{
		kind: 'resetInResponseBody',
		text: 'Reset during the download',
		meaning: 'The connection is reset after so many bytes of the answer.',
		parameters: [number('afterBytes', 'After bytes', 1000)],
	},
	{
		kind: 'truncate',
		text: 'Cut the answer short',
		meaning: 'Only so many bytes of the answer are sent.',
		parameters: [
			number('bytes', 'Bytes sent', 1000),
			choice('length', 'Content-Length', [
				{ value: 'kept', text: 'of the whole body, connection closed' },
				{ value: 'adjusted', text: 'of the cut body, answer looks whole' },
			]),
		],
	},
	{
		kind: 'stall',
		text: 'Fall silent',
		meaning: 'Silence until the client gives up. Before the answer means that nothing is done.',
		parameters: [
			choice('where', 'Where', [
				{ value: 'beforeAnswer', text: 'before the answer' },
				{ value: 'inResponseBody', text: 'inside the answer' },
			]),
			{ ...number('afterBytes', 'After bytes of the answer', 0), optional: true },
		],
	},
	{
		kind: 'lateAnswer',
		text: 'Answer late',
		meaning: 'The request takes effect at once and is answered so much later.',
		parameters: [number('ms', 'Milliseconds', 30_000)],
	},
	{
		kind: 'garbageJson',
		text: 'Answer broken JSON',
		meaning: 'The request takes effect; the status is right, the body is not.',
		parameters: [],
	},
	{
		kind: 'xmlError',
		text: 'Answer a SOAP error',
		meaning: 'XML instead of JSON, as the real service does on internal errors; nothing is done.',
		parameters: [number('status', 'Status', 500)],
	},
	{
		kind: 'emptyForbidden',
		text: 'Answer 403 without a body',
		meaning: 'As a gateway in front of MESH would; nothing is done.',
		parameters: [],
	},
	{
		kind: 'duplicateChunk',
		text: 'Serve the wrong chunk',
		meaning: 'A download gets its neighbour: the previous chunk, or the next in place of the first.',
		parameters: [],
	},
	{
		kind: 'wrongHeader',
		text: 'Change a header of the answer',
		meaning: 'One header is replaced; an empty value removes it.',
		parameters: [
			{ name: 'header', label: 'Header', type: 'text', control: () => input({ value: 'mex-chunk-range' }) },
			{ name: 'value', label: 'Value', type: 'text', control: () => input() },
		],
	},
	{
		kind: 'refuseConnections',
		text: 'Refuse connections',
		meaning: 'New connections are reset from now on for so long.',
		parameters: [number('ms', 'Milliseconds', 10_000)],
	},
];

/**
 * The fault as the admin call takes it.
 * @param {string} kind
 * @param {Record<string, string>} values
 */
export function toFault(kind, values) {
	if (kind === 'wrongHeader') return { kind, headers: { [values.header.trim()]: values.value } };
	const { parameters } = FAULT_KINDS.find((each) => each.kind === kind) ?? { parameters: [] };
	/** @type {Record<string, unknown>} */
	const fault = { kind };
	for (const { name, type, optional } of parameters) {
		const text = values[name];
		if (text === '' && optional) continue;
		if (name === 'retryAfter') fault.headers = { 'retry-after': text };
		else fault[name] = type === 'number' ? Number(text) : text;
	}
	return fault;
}
