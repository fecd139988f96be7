import { getRequests } from './api.js';

/**
 * @typedef {import('./types.js').RecordedRequest} RecordedRequest
 * @typedef {import('./types.js').RequestsEvent} RequestsEvent
 */

/** As many as the sandbox keeps of connections that failed before there was a request. */
const KEPT_FAILURES = 100;
const READ_AT_ONCE = 1000;

/**
 * The requests that the page knows: from the newest back without a gap. Older ones are read when they are wanted.
 * @param {Map<number, RecordedRequest>} [requests]
 * @param {{ oldest: number | null, total: number }} [kept] what the sandbox has
 */
export function createRequestStore(requests = new Map(), kept = { oldest: null, total: 0 }) {
	/** @type {RecordedRequest[] | undefined} */
	let sorted;
	const all = () => (sorted ??= [...requests.values()].sort((a, b) => b.id - a.id));
	const oldestKnown = () => all().at(-1)?.id;
	const isKept = (/** @type {number} */ id) => kept.oldest !== null && id >= kept.oldest;

	/** @param {RequestsEvent} event */
	function forgetWhatDoesNotJoin({ recent, newest }) {
		const newestKnown = all()[0]?.id;
		if (newestKnown === undefined) return;
		const isGap = recent !== null && recent > newestKnown + 1;
		// Numbers only go back when another sandbox answers.
		const isOther = newest !== null && newest < newestKnown;
		if (isGap || isOther) requests.clear();
	}

	return {
		/** Newest first. */
		all,
		isKept,
		get: (/** @type {number} */ id) => requests.get(id),
		total: () => kept.total,
		isComplete: () => kept.oldest === null || (oldestKnown() ?? 0) <= kept.oldest,
		copy: () => createRequestStore(new Map(requests), kept),
		/** @param {RequestsEvent} event */
		merge(event) {
			forgetWhatDoesNotJoin(event);
			kept = { oldest: event.oldest, total: event.total };
			for (const request of event.requests) requests.set(request.id, request);
			for (const id of requests.keys()) if (!isKept(id)) requests.delete(id);
			sorted = undefined;
			for (const { id } of all().filter(({ call }) => call === 'connection').slice(KEPT_FAILURES)) requests.delete(id);
			sorted = undefined;
		},
		/** Resolves with false when there were no older ones. */
		async readOlder() {
			const before = oldestKnown();
			const older = await getRequests(before, READ_AT_ONCE);
			// In the meantime the sandbox may have gone on so far that these do not join any more.
			if (oldestKnown() !== before) return true;
			for (const request of older) requests.set(request.id, request);
			sorted = undefined;
			return older.length > 0;
		},
	};
}
