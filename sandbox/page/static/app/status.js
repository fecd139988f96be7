import { element } from './element.js';

/** MESH's words for the state of a message, and what they mean to people. */
const STATUSES = /** @type {const} */ ({
	uploading: { label: 'uploading', meaning: 'Chunks are outstanding; nobody can see it yet.' },
	delayed: { label: 'on its way', meaning: 'Accepted; shows in the inbox after the delivery delay.' },
	accepted: { label: 'waiting', meaning: 'In the inbox, not acknowledged yet.' },
	acknowledged: { label: 'acknowledged', meaning: 'The recipient has it.' },
	undeliverable: { label: 'undeliverable', meaning: 'Not collected in time; the sender got a report.' },
	error: { label: 'failed', meaning: 'Not deliverable; the sender got a report.' },
});

/** @param {keyof typeof STATUSES} status */
export const statusLabel = (status) => STATUSES[status].label;

/** @param {keyof typeof STATUSES} status */
export const statusMeaning = (status) => STATUSES[status].meaning;

/**
 * @param {{ shownStatus: keyof typeof STATUSES, chunkCount: number, chunksReceived?: number }} message
 */
export function statusPill({ shownStatus, chunkCount, chunksReceived }) {
	const { label, meaning } = STATUSES[shownStatus];
	const progress = shownStatus === 'uploading' && chunksReceived !== undefined ? ` ${chunksReceived}/${chunkCount}` : '';
	return element('span', { class: `pill ${shownStatus}`, title: meaning, text: label + progress });
}

/** Status of an answer, or how a request without one ended. @param {{ status?: number, outcome: string }} request */
export function answerPill({ status, outcome }) {
	if (status === undefined) return element('span', { class: 'pill cut', text: outcome === 'ok' ? '…' : 'no answer' });
	const kind = status >= 400 ? 'refused' : status >= 300 ? 'cut' : 'success';
	return element('span', { class: `pill ${kind}`, text: String(status) });
}

/** @param {import('./types.js').RecordedRequest} request */
export const isTrouble = ({ status, outcome }) => (status ?? 0) >= 300 || (outcome !== 'ok' && outcome !== '');
