import { getRequests } from './api.js';
import { element } from './element.js';
import { createRequestDetail } from './requestDetail.js';
import { check, createRequestFilters } from './requestFilters.js';
import { createRequestStore } from './requestStore.js';
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
	const older = element('p', { class: 'older' }, element('button', { type: 'button', class: 'small', text: 'Show older requests', onclick: () => ((limit += ROWS), void fill()) }));
	const list = element(
		'section',
		{ class: 'panel', 'aria-labelledby': 'requests-title' },
		element('header', {}, element('h2', { id: 'requests-title', text: 'Requests' }), element('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' }, filters.nodes, check(paused, 'Pause')), summary, spoken),
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
