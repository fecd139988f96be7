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
