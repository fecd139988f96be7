import { getRequests } from './api.js';
import { element } from './element.js';
import { CALL_NAMES, isTrouble } from './labels.js';
import { createRequestDetail } from './requestDetail.js';
import { createRequestTable } from './requestTable.js';
import { errorToast } from './toast.js';

/** @typedef {import('./types.js').RecordedRequest} RecordedRequest */

/** Rows at first, and more each time older ones are asked for. */
const ROWS = 500;

/** All requests as they come in, with filters. */
export function createRequestsView() {
	const live = createRequestStore();
	/** @type {typeof live | undefined} What stands still while paused. */
	let still;
	let limit = ROWS;
	let isReading = false;
	let hasToSay = false;
	/** @type {number | undefined} */
	let openId;
	/** @type {RecordedRequest | undefined} One that was opened by its address and is older than those known. */
	let opened;

	const table = createRequestTable();
	const detail = createRequestDetail();
	const filters = createRequestFilters(() => ((hasToSay = true), void fill()));
	const paused = element('input', { type: 'checkbox', onchange: () => ((still = paused.checked ? live.copy() : undefined), void fill()) });
	const summary = element('p', { class: 'muted' });
	/** Read out after a change of the filters, and not at every request. */
	const spoken = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
	const empty = element('div', { class: 'empty' });
	const older = element(
		'p',
		{ class: 'older' },
		element('button', { type: 'button', class: 'small', text: 'Show older requests', onclick: () => ((limit += ROWS), void fill()) }),
	);
	const list = element(
		'section',
		{ class: 'panel', 'aria-labelledby': 'requests-title' },
		element(
			'header',
			{},
			element('h2', { id: 'requests-title', text: 'Requests' }),
			element('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' }, filters.nodes, check(paused, 'Pause')),
			summary,
			spoken,
		),
		element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'List of requests' }, table.node, empty, older),
	);
	const node = element('div', { class: 'columns requests' }, list, detail.node);

	const held = () => still ?? live;
	const fitting = () => (filters.isSet() ? held().all().filter(filters.isWanted) : held().all());

	/** Shows what is known, and reads older requests until there are enough that fit. */
	async function fill() {
		if (isReading) return update();
		isReading = true;
		try {
			while (fitting().length < limit && !held().isComplete()) {
				update();
				if (!(await held().readOlder())) break;
			}
		} catch (error) {
			errorToast(error);
		} finally {
			isReading = false;
			update();
		}
	}

	function update() {
		const fits = fitting();
		const shown = fits.slice(0, limit);
		const isAll = shown.length === fits.length && held().isComplete();
		table.update(shown, openId);
		table.node.hidden = shown.length === 0;
		summary.textContent = summaryOf(shown.length, held().total(), filters.isSet(), isAll, isReading);
		if (hasToSay && !isReading) spoken.textContent = summary.textContent;
		if (!isReading) hasToSay = false;
		older.hidden = isAll || isReading;
		empty.hidden = shown.length > 0 || isReading;
		const isNone = held().total() === 0;
		empty.replaceChildren(
			element('strong', { text: isNone ? 'No requests yet' : 'No request fits these filters' }),
			isNone ? 'Point a client at the address above: every request shows here with its outcome and, if it was refused, the reason.' : '',
		);
		detail.node.hidden = openId === undefined;
		node.classList.toggle('with-detail', openId !== undefined);
		node.classList.toggle('opened', openId !== undefined);
		if (openId !== undefined) detail.update(find(openId));
	}

	/** @param {number} id */
	const find = (id) => held().get(id) ?? live.get(id) ?? (opened?.id === id && live.isKept(id) ? opened : undefined);

	/** @param {number} id */
	async function readOne(id) {
		const [request] = await getRequests(id + 1, 1).catch(() => []);
		if (request?.id !== id || openId !== id) return;
		opened = request;
		update();
	}

	return {
		node,
		focusDetail: detail.focus,
		/** @param {import('./types.js').RequestsEvent} event */
		merge(event) {
			live.merge(event);
			if (node.isConnected) void fill();
		},
		setMailboxes: filters.setMailboxes,
		/** @param {import('./route.js').RequestsRoute} route */
		show({ requestId }) {
			const isOther = openId !== requestId;
			openId = requestId;
			if (isOther && requestId !== undefined && !find(requestId)) void readOne(requestId);
			void fill();
		},
	};
}

/**
 * @param {number} shown
 * @param {number} total
 * @param {boolean} isFiltered
 * @param {boolean} isAll nothing more would fit
 * @param {boolean} isReading
 */
function summaryOf(shown, total, isFiltered, isAll, isReading) {
	const of = `${total.toLocaleString('en-GB')} request${total === 1 ? '' : 's'}`;
	const count = shown.toLocaleString('en-GB');
	if (isAll) return isFiltered && shown !== total ? `${count} of ${of}` : of;
	if (isReading) return `${count} of ${of} so far; reading older ones`;
	return isFiltered ? `The last ${count} that fit, of ${of}` : `The last ${count} of ${of}`;
}

/**
 * Which requests are wanted.
 * @param {() => void} onChange
 */
function createRequestFilters(onChange) {
	const mailboxes = element('select', { 'aria-label': 'Mailbox', onchange: onChange });
	const calls = element('select', { 'aria-label': 'Call', onchange: onChange }, option('', 'All calls'));
	calls.append(...Object.entries(CALL_NAMES).map(([name, text]) => option(name, text)), option('connection', 'Connection'));
	const words = element('input', {
		type: 'search',
		placeholder: 'Search path or outcome',
		'aria-label': 'Search path or outcome',
		oninput: onChange,
	});
	const trouble = element('input', { type: 'checkbox', onchange: onChange });
	const word = () => words.value.trim().toLowerCase();
	return {
		nodes: [mailboxes, calls, words, check(trouble, 'Only refused or failed')],
		isSet: () => mailboxes.value !== '' || calls.value !== '' || word() !== '' || trouble.checked,
		/** @param {import('./types.js').RecordedRequest} request */
		isWanted(request) {
			const { mailboxId, call, path, outcome } = request;
			const isOfPlace = (!mailboxes.value || mailboxId === mailboxes.value) && (!calls.value || call === calls.value);
			return isOfPlace && (!word() || `${path} ${outcome}`.toLowerCase().includes(word())) && (!trouble.checked || isTrouble(request));
		},
		/** @param {import('./types.js').MailboxSummary[]} known */
		setMailboxes(known) {
			const chosen = mailboxes.value;
			mailboxes.replaceChildren(option('', 'All mailboxes'), ...known.map(({ mailboxId }) => option(mailboxId, mailboxId)));
			mailboxes.value = known.some(({ mailboxId }) => mailboxId === chosen) ? chosen : '';
		},
	};
}

/**
 * @param {string} value
 * @param {string} text
 */
const option = (value, text) => element('option', { value, text });

/**
 * @param {HTMLInputElement} input
 * @param {string} text
 */
const check = (input, text) => element('label', { class: 'check' }, input, text);

/** @typedef {import('./types.js').RequestsEvent} RequestsEvent */

/** As many as the sandbox keeps of connections that failed before there was a request. */
const KEPT_FAILURES = 100;
const READ_AT_ONCE = 1000;

/**
 * The requests that the page knows: from the newest back without a gap. Older ones are read when they are wanted.
 * @param {Map<number, RecordedRequest>} [requests]
 * @param {{ oldest: number | null, total: number }} [kept] what the sandbox has
 */
function createRequestStore(requests = new Map(), kept = { oldest: null, total: 0 }) {
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
			for (const { id } of all()
				.filter(({ call }) => call === 'connection')
				.slice(KEPT_FAILURES))
				requests.delete(id);
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
