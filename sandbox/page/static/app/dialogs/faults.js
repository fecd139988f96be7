import { armFault, clearFaults } from '../api.js';
import { CALL_NAMES } from '../labels.js';
import { element } from '../element.js';
import { formatCount, formatFullTime, formatRest } from '../format.js';
import { attempt, toast } from '../toast.js';
import { field, input, openDialog, select } from './form.js';
import { FAULT_KINDS, toFault } from './faultKinds.js';

/** @typedef {import('../types.js').FaultRule} FaultRule */

/**
 * @param {FaultRule[]} armed
 * @param {number} readAt sandbox time when they were read
 * @param {number} now sandbox time
 */
export function openFaults(armed, readAt, now) {
	const kind = select(FAULT_KINDS.map(({ kind: value, text }) => ({ value, text })));
	const calls = select([{ value: '', text: 'Any call' }, ...Object.entries(CALL_NAMES).map(([value, text]) => ({ value, text }))]);
	const chunk = input({ type: 'number', min: 1, placeholder: 'any' });
	const times = input({ type: 'number', min: 1, value: 1 });
	const skip = input({ type: 'number', min: 0, value: 0 });
	const path = input({ placeholder: 'part of the path' });
	const meaning = element('p', { class: 'hint wide' });
	const callsField = field('On which call', calls);
	const timesField = field('How many times', times);
	const more = element(
		'details',
		{ class: 'more' },
		element('summary', { text: 'Only some of them' }),
		element(
			'div',
			{ class: 'fields' },
			field('Let through first', skip),
			field('Chunk number', chunk),
			field('Path contains', path, { wide: true, hint: 'For example a message ID.' }),
		),
	);
	const parameters = element('div', { class: 'fields wide' });
	/** @type {Map<string, import('./form.js').Control>} */
	let controls = new Map();

	const showKind = () => {
		const chosen = FAULT_KINDS.find((each) => each.kind === kind.value) ?? FAULT_KINDS[0];
		controls = new Map(chosen.parameters.map(({ name, control }) => [name, control()]));
		meaning.textContent = chosen.meaning;
		parameters.replaceChildren(
			...chosen.parameters.map(({ name, label }) => field(label, /** @type {import('./form.js').Control} */ (controls.get(name)))),
		);
		parameters.hidden = chosen.parameters.length === 0;
		for (const part of [callsField, timesField, more]) part.hidden = isForAll();
	};
	/** Refused connections end by time, and no request on them can be told from another. */
	const isForAll = () => kind.value === 'refuseConnections';
	kind.addEventListener('change', showKind);
	showKind();

	const dialog = openDialog({
		title: 'Faults',
		description: 'Arm a fault and see what your client makes of it. Rules are tried in the order they were armed.',
		before: [
			armed.length > 0 &&
				armedRules(
					armed,
					(rule) => describeTarget(rule, readAt, now),
					() => dialog.close(),
				),
		],
		fields: [
			element(
				'div',
				{ class: 'fields' },
				element('div', { class: 'wide' }, field('What goes wrong', kind), element('div', { class: 'field' }, meaning)),
				parameters,
				callsField,
				timesField,
			),
			more,
		],
		submit: 'Arm the fault',
		async onSubmit() {
			const fault = toFault(kind.value, Object.fromEntries([...controls].map(([name, control]) => [name, control.value])));
			const target = {
				call: calls.value || undefined,
				path: path.value.trim() || undefined,
				chunk: chunk.value === '' ? undefined : Number(chunk.value),
				skip: Number(skip.value),
				times: Number(times.value),
			};
			await armFault(isForAll() ? { fault } : { ...target, fault });
			toast('Fault armed');
		},
	});
}

/**
 * @param {FaultRule[]} armed
 * @param {(rule: FaultRule) => string} describe
 * @param {() => void} onCleared
 */
function armedRules(armed, describe, onCleared) {
	const clear = () => attempt(clearFaults, 'All faults cleared').then(onCleared);
	return element(
		'div',
		{},
		element(
			'ul',
			{ class: 'armed', 'aria-label': 'Armed faults' },
			armed.map((rule) => element('li', {}, element('strong', { text: describeKind(rule) }), ` ${describe(rule)}`)),
		),
		element(
			'div',
			{ class: 'body buttons start' },
			element('button', { type: 'button', class: 'danger', text: armed.length === 1 ? 'Clear it' : 'Clear all', onclick: clear }),
		),
	);
}

/** @param {FaultRule} rule */
const describeKind = ({ fault }) =>
	fault.kind === 'status' ? `Answer ${fault.status}` : (FAULT_KINDS.find(({ kind }) => kind === fault.kind)?.text ?? fault.kind);

/**
 * @param {FaultRule} rule
 * @param {number} readAt
 * @param {number} now
 */
function describeTarget({ call, method, path, chunk, skip, times, fault }, readAt, now) {
	if (fault.kind === 'refuseConnections') {
		const until = readAt + fault.ms;
		return [
			`for ${formatRest(until - now)} more, until ${formatFullTime(until)}`,
			skip ? `after ${skip}` : '',
			times === undefined ? '' : `${formatCount(times, 'connection')} at most`,
		]
			.filter(Boolean)
			.join(', ');
	}
	const calls = [call ?? []].flat().map((name) => CALL_NAMES[name]);
	const parts = [
		`on ${calls.length > 0 ? calls.join(' or ') : 'any call'}`,
		method && `by ${method}`,
		chunk !== undefined && `chunk ${chunk}`,
		path && `with “${String(path)}” in its path`,
		`(${formatCount(times ?? 1, 'time')}${skip ? ` after ${skip}` : ''})`,
	];
	return parts.filter(Boolean).join(' ');
}
