import { element } from './element.js';

/** A message may declare far more chunks than a page can show. */
const SHOWN_ROWS = 100;
const SHOWN_RANGES = 20;

/** @param {number} number */
const inWords = (number) => number.toLocaleString('en-GB');

/**
 * Which chunks have arrived, and how large they are. Of many only the first that arrived have a row, and words say the rest.
 * @param {import('./types.js').MessageDetails} message
 */
export function createChunkTable({ chunkCount, chunkBytes, chunks }) {
	const isShort = chunkCount <= SHOWN_ROWS;
	const numbers = isShort ? Array.from({ length: chunkCount }, (_, index) => index + 1) : chunks.slice(0, SHOWN_ROWS);
	return [
		!isShort && element('p', { class: 'chunk-words', text: describeChunks(chunks, chunkCount) }),
		!isShort && chunks.length > SHOWN_ROWS && element('p', { class: 'muted', text: `The first ${SHOWN_ROWS} that have arrived:` }),
		element(
			'table',
			{ class: 'pairs' },
			element('thead', {}, element('tr', {}, element('th', { scope: 'col', text: 'Number' }), element('th', { scope: 'col', class: 'number', text: 'Bytes as sent' }), element('th', { scope: 'col', text: 'State' }))),
			element('tbody', {}, numbers.map((number) => chunkRow(number, chunkCount, chunkBytes[number]))),
		),
	];
}

/**
 * @param {number} number
 * @param {number} chunkCount
 * @param {number | undefined} bytes
 */
function chunkRow(number, chunkCount, bytes) {
	return element(
		'tr',
		{},
		element('th', { scope: 'row', text: `${number} of ${chunkCount}` }),
		element('td', { class: 'number', text: bytes === undefined ? '' : inWords(bytes) }),
		element('td', {}, element('span', { class: `pill ${bytes === undefined ? 'uploading' : 'success'}`, text: bytes === undefined ? 'missing' : 'arrived' })),
	);
}

/**
 * `Arrived: 1–7, 9 (8 of 10,000). Missing: 8, 10–10,000 (9,992).`
 * @param {number[]} arrived ascending
 * @param {number} chunkCount
 */
function describeChunks(arrived, chunkCount) {
	const missing = chunkCount - arrived.length;
	const parts = [
		`Arrived: ${arrived.length === 0 ? 'none' : listRanges(rangesOf(arrived))} (${inWords(arrived.length)} of ${inWords(chunkCount)}).`,
		missing > 0 ? `Missing: ${listRanges(gapsBetween(arrived, chunkCount))} (${inWords(missing)}).` : 'None is missing.',
	];
	return parts.join(' ');
}

/**
 * Runs of numbers without a gap, as first and last.
 * @param {number[]} numbers ascending
 * @returns {Array<[number, number]>}
 */
function rangesOf(numbers) {
	/** @type {Array<[number, number]>} */
	const ranges = [];
	for (const number of numbers) {
		const last = ranges.at(-1);
		if (last && last[1] === number - 1) last[1] = number;
		else ranges.push([number, number]);
	}
	return ranges;
}

/**
 * @param {number[]} arrived
 * @param {number} chunkCount
 * @returns {Array<[number, number]>}
 */
function gapsBetween(arrived, chunkCount) {
	/** @type {Array<[number, number]>} */
	const gaps = [];
	let next = 1;
	for (const [first, last] of rangesOf(arrived)) {
		if (first > next) gaps.push([next, first - 1]);
		next = last + 1;
	}
	if (next <= chunkCount) gaps.push([next, chunkCount]);
	return gaps;
}

/** @param {Array<[number, number]>} ranges */
function listRanges(ranges) {
	const shown = ranges.slice(0, SHOWN_RANGES).map(([first, last]) => (first === last ? inWords(first) : `${inWords(first)}–${inWords(last)}`));
	return ranges.length > SHOWN_RANGES ? `${shown.join(', ')} and more` : shown.join(', ');
}
