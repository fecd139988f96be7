/** @typedef {import('./types.js').PageState} PageState */

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function call(method, path, body) {
	let response;
	try {
		response = await fetch(path, {
			method,
			headers: { accept: 'application/vnd.mesh.v2+json' },
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	} catch {
		throw new Error('The sandbox does not answer. Is it still running?');
	}
	const text = await response.text();
	if (!response.ok) throw new Error(reasonOf(text, response.status));
	return text === '' ? undefined : JSON.parse(text);
}

/**
 * What an error answer says, in one line.
 * @param {string} text
 * @param {number} status
 */
function reasonOf(text, status) {
	try {
		const { detail, message } = JSON.parse(text);
		const [problem] = Array.isArray(detail) ? detail : [];
		const field = problem?.loc?.[1];
		return problem ? (field ? `${field}: ${problem.msg}` : problem.msg) : (message ?? detail);
	} catch {
		return `The sandbox answered ${status}.`;
	}
}

const admin = '/messageexchange/admin';
const part = encodeURIComponent;

/** @returns {Promise<PageState>} */
export const getState = () => call('GET', '/data/state');

/**
 * @param {string} mailboxId
 * @param {import('./types.js').Box} box
 * @param {number} limit
 * @returns {Promise<import('./types.js').BoxContents>}
 */
export const getBox = (mailboxId, box, limit) => call('GET', `/data/mailboxes/${part(mailboxId)}/${box}?limit=${limit}`);

/**
 * @param {string} messageId
 * @returns {Promise<import('./types.js').MessageDetails>}
 */
export const getMessage = (messageId) => call('GET', `/data/messages/${part(messageId)}`);

/**
 * @param {string} messageId
 * @param {number} chunk
 * @returns {Promise<import('./types.js').Preview>}
 */
export const getPreview = (messageId, chunk) => call('GET', `/data/messages/${part(messageId)}/preview/${chunk}`);

/**
 * Kept requests, oldest first: the last ones, or the last before a number.
 * @param {number | undefined} before
 * @param {number} limit
 * @returns {Promise<import('./types.js').RecordedRequest[]>}
 */
export const getRequests = async (before, limit) =>
	(await call('GET', `/data/requests?limit=${limit}${before === undefined ? '' : `&before=${before}`}`)).requests;

/** @param {Record<string, unknown>} message */
export const putMessage = (message) => call('POST', `${admin}/message`, message);

/** @param {Record<string, unknown>} report */
export const putReport = (report) => call('POST', `${admin}/report`, report);

/**
 * @param {string} messageId
 * @param {Record<string, unknown>} event
 */
export const addEvent = (messageId, event) => call('POST', `${admin}/message/${part(messageId)}/event`, event);

/** @param {Record<string, unknown>} rule */
export const armFault = (rule) => call('POST', `${admin}/faults`, rule);
export const clearFaults = () => call('DELETE', `${admin}/faults`);

/** @param {number} ms */
export const advanceClock = (ms) => call('POST', `${admin}/clock`, { advance_ms: ms });

/** Back to the real time. */
export const resetClock = () => call('POST', `${admin}/clock`, { reset: true });

/** @param {Record<string, unknown>} changes */
export const changeBehaviour = (changes) => call('PATCH', `${admin}/behaviour`, changes);

/** @param {string} [mailboxId] all mailboxes when left out */
export const reset = (mailboxId) => call('DELETE', mailboxId ? `${admin}/reset/${part(mailboxId)}` : `${admin}/reset`);

/**
 * Listens to the sandbox; the browser reconnects by itself.
 * @param {{
 *   onState: () => void,
 *   onRequests: (event: import('./types.js').RequestsEvent) => void,
 *   onLive: (live: boolean) => void,
 * }} listeners
 */
export function listen({ onState, onRequests, onLive }) {
	const source = new EventSource('/events');
	source.addEventListener('open', () => onLive(true));
	source.addEventListener('error', () => onLive(false));
	source.addEventListener('state', () => onState());
	source.addEventListener('requests', (event) => onRequests(JSON.parse(event.data)));
}
