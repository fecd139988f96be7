import { advanceClock, reset, resetClock } from '../api.js';
import { element } from '../element.js';
import { formatDuration, formatFullTime } from '../format.js';
import { toast } from '../toast.js';
import { field, input, openDialog, select } from './form.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The sandbox's clock goes no further: years in MESH have four digits. */
const LATEST_TIME_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const STEPS = [
	{ text: '+5 minutes', ms: 5 * MINUTE_MS },
	{ text: '+3 hours', ms: 3 * HOUR_MS },
	{ text: '+1 day', ms: DAY_MS },
	{ text: '+5 days (expiry)', ms: 5 * DAY_MS },
	{ text: '+30 days (deletion)', ms: 30 * DAY_MS },
];

const UNITS = [
	{ value: String(MINUTE_MS), text: 'minutes' },
	{ value: String(HOUR_MS), text: 'hours' },
	{ value: String(DAY_MS), text: 'days' },
];

/**
 * @param {number} now sandbox time
 * @param {number} offsetMs how far the clock was moved
 */
export function openClock(now, offsetMs) {
	const amount = input({ type: 'number', min: 1, value: 1, step: 'any' });
	const unit = select(UNITS);
	const most = () => Math.floor((LATEST_TIME_MS - now) / Number(unit.value));
	const limit = () => {
		amount.max = String(most());
	};
	unit.addEventListener('change', limit);
	limit();
	const move = async (/** @type {number} */ ms) => {
		if (!(ms > 0)) throw new Error('Time only moves forward: give a number above 0.');
		await advanceClock(ms);
		toast(`The clock has moved on by ${formatDuration(ms)}`);
	};
	const problem = element('p', { class: 'problem', role: 'alert', hidden: true });
	const moveBy = () => {
		if (Number(amount.value) > most()) throw new Error(`The clock goes to the year 9999 at most: give ${amount.max} or less.`);
		return move(Number(amount.value) * Number(unit.value));
	};
	const setRight = async () => {
		await resetClock();
		toast('The clock tells the real time again');
	};
	const run = async (/** @type {() => Promise<void>} */ action) => {
		try {
			await action();
			dialog.close();
		} catch (error) {
			problem.textContent = error instanceof Error ? error.message : String(error);
			problem.hidden = false;
		}
	};
	const dialog = openDialog({
		title: 'Move the clock',
		description: `It is ${formatFullTime(now)} in the sandbox${offsetMs > 0 ? `, ${formatDuration(offsetMs)} ahead of the real time` : ''}. Deliveries, expiries and deletions that fall due happen at once, and stay as they are when the clock is set right again.`,
		before: [
			element(
				'div',
				{ class: 'body' },
				element(
					'div',
					{ class: 'buttons start' },
					STEPS.map(({ text, ms }) => element('button', { type: 'button', class: 'quiet', text, onclick: () => void run(() => move(ms)) })),
					offsetMs > 0 &&
						element('button', { type: 'button', class: 'quiet', text: 'Back to the real time', onclick: () => void run(setRight) }),
				),
				problem,
			),
		],
		fields: [element('div', { class: 'fields' }, field('Or by', amount), field('Unit', unit))],
		submit: 'Move the clock',
		onSubmit: async () => await moveBy(),
	});
}

/** @param {import('../types.js').MailboxSummary[]} mailboxes */
export function openReset(mailboxes) {
	const scope = select([
		{ value: '', text: 'Everything' },
		...mailboxes.map(({ mailboxId }) => ({ value: mailboxId, text: `What ${mailboxId} received` })),
	]);
	openDialog({
		title: 'Reset the sandbox',
		description: 'Everything means messages, faults, the request log and used tokens. Mailboxes, switches and the clock stay as they are.',
		fields: [element('div', { class: 'fields' }, field('What to forget', scope, { wide: true }))],
		submit: 'Forget it',
		danger: true,
		async onSubmit() {
			await reset(scope.value || undefined);
			toast(scope.value ? `What ${scope.value} received is forgotten` : 'The sandbox is empty');
		},
	});
}
