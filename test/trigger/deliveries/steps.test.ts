import {
	LONGEST_PAUSE_MS,
	MAXIMUM_REMEMBERED,
	MAXIMUM_WAITING,
	beginListing,
	fromCheckpoint,
	handOver,
	hasBacklog,
	mergeCheckpoint,
	noDeliveries,
	noteAcknowledged,
	noteEnd,
	noteListing,
	noteRefusal,
	noteTime,
	redeliveryPause,
	release,
	takeReports,
	toAcknowledge,
	toCheckpoint,
	underOtherListing,
	unheard,
	wantsMore,
	type Deliveries,
	type DeliveryRules,
	type HandOver,
	type Outcome,
} from '../../../nodes/Mesh/trigger/deliveries';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = 1_700_000_000_000;

const rules: DeliveryRules = {
	maximumInFlight: 10,
	messagesPerExecution: 1,
	deliveryAttempts: 3,
	pauseMs: 5 * MINUTE_MS,
	afterSuccess: 'acknowledge',
	longestExecutionMs: 24 * HOUR_MS,
};
const failed: Outcome = { kind: 'failed', reason: { kind: 'failed', node: 'Set' } };
const delivered: Outcome = { kind: 'delivered' };

function list(deliveries: Deliveries, messageIds: string[], complete = true): Deliveries {
	const begun = beginListing(deliveries);
	return noteListing(begun.deliveries, { number: begun.number, messageIds, complete });
}

function handOverAll(deliveries: Deliveries, now = NOW, under = rules): { deliveries: Deliveries; batches: HandOver[][] } {
	const batches: HandOver[][] = [];
	for (let state = deliveries; ; ) {
		const next = handOver(state, now, under);
		if (next.batch.length === 0) return { deliveries: state, batches };
		batches.push(next.batch);
		state = next.deliveries;
	}
}

const ids = (batches: HandOver[][]) => batches.map((batch) => batch.map(({ messageId }) => messageId));

/** One message, handed over once and ended. */
function after(outcome: Outcome, under = rules): Deliveries {
	const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A']), NOW, under);
	return noteEnd(deliveries, batches[0] ?? [], outcome, NOW, under);
}

describe('a listing', () => {
	test('that began before an acknowledgement cannot bring the message back, because its answer may be older', () => {
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A']));
		const begun = beginListing(deliveries);
		const acknowledged = noteAcknowledged(noteEnd(begun.deliveries, batches[0] ?? [], delivered, NOW, rules), 'A');
		const listed = noteListing(acknowledged, { number: begun.number, messageIds: ['A'], complete: true });
		expect(handOverAll(listed).batches).toEqual([]);
		expect(toAcknowledge(listed)).toEqual([]);
	});

	test('that began after an acknowledgement and still shows the message has it acknowledged again, not delivered again', () => {
		const listed = list(noteAcknowledged(after(delivered), 'A'), ['A']);
		expect(handOverAll(listed).batches).toEqual([]);
		expect(toAcknowledge(listed)).toEqual(['A']);
	});

	test('without the message forgets it, so that a message put back by the service desk is delivered anew', () => {
		const gone = list(after(failed), []);
		expect(gone.entries.size).toBe(0);
		expect(handOverAll(list(gone, ['A'])).batches).toEqual([[{ messageId: 'A', attempt: 1 }]]);
	});

	test('forgets what was acknowledged as soon as MESH no longer shows it, so that nothing piles up', () => {
		expect(list(noteAcknowledged(after(delivered), 'A'), []).entries.size).toBe(0);
	});

	test('without a delivered message does not cancel its acknowledgement, for a workflow filter may hide it; not even a refused one', () => {
		expect(toAcknowledge(list(after(delivered), []))).toEqual(['A']);
		expect(toAcknowledge(list(noteRefusal(after(delivered), 'A'), []))).toEqual(['A']);
	});

	test('decides about a message that its execution has acknowledged itself: still there means once more', () => {
		const confirm: DeliveryRules = { ...rules, afterSuccess: 'confirm' };
		expect(toAcknowledge(after(delivered, confirm))).toEqual([]);
		expect(toAcknowledge(list(after(delivered, confirm), ['A']))).toEqual(['A']);
		expect(list(after(delivered, confirm), []).entries.size).toBe(0);
	});

	test('that broke off says nothing about messages it does not show', () => {
		expect(list(after(failed), [], false).entries.get('A')).toMatchObject({ state: 'failed', seen: false });
	});

	test('is needed before a failed message goes out again, because somebody may have acknowledged it', () => {
		const later = NOW + HOUR_MS;
		expect(handOverAll(after(failed), later).batches).toEqual([]);
		expect(handOverAll(list(after(failed), ['A']), later).batches).toEqual([[{ messageId: 'A', attempt: 2 }]]);
	});

	test('keeps a bounded number of new messages, oldest first, and knows that there are more', () => {
		const inbox = Array.from({ length: MAXIMUM_WAITING + 5 }, (_, n) => `M${n}`);
		const listed = list(noDeliveries(), inbox);
		expect(listed.waiting).toHaveLength(MAXIMUM_WAITING);
		expect(listed.waiting[0]).toBe('M0');
		expect(listed.moreInInbox).toBe(true);
		expect(wantsMore(noDeliveries(), inbox)).toBe(false);
	});

	test('counts a message once however often its pages repeat it', () => {
		expect(list(noDeliveries(), ['A', 'B', 'A']).waiting).toEqual(['A', 'B']);
	});
});

describe('handing over', () => {
	test('takes the oldest first and stops at the number in flight', () => {
		const { batches } = handOverAll(list(noDeliveries(), ['A', 'B', 'C']), NOW, { ...rules, maximumInFlight: 2 });
		expect(ids(batches)).toEqual([['A'], ['B']]);
	});

	test('fills executions up to their size, and delivers what failed in them one by one', () => {
		const under = { ...rules, messagesPerExecution: 2 };
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A', 'B', 'C']), NOW, under);
		expect(ids(batches)).toEqual([['A', 'B'], ['C']]);
		const ended = noteEnd(deliveries, batches[0] ?? [], failed, NOW, under);
		expect(ids(handOverAll(list(ended, ['A', 'B']), NOW + HOUR_MS, under).batches)).toEqual([['A'], ['B']]);
	});

	test('lets new messages and redeliveries take turns', () => {
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A', 'B']));
		const ended = batches.reduce((state, batch) => noteEnd(state, batch, failed, NOW, rules), deliveries);
		const due = list(ended, ['A', 'B', 'C', 'D']);
		expect(ids(handOverAll(due, NOW + HOUR_MS).batches)).toEqual([['A'], ['C'], ['B'], ['D']]);
	});

	test('holds back when as many acknowledgements are under way as may be in flight, but not for refused ones', () => {
		const one = { ...rules, maximumInFlight: 1 };
		const owed = list(after(delivered, one), ['A', 'B']);
		expect(handOverAll(owed, NOW, one).batches).toEqual([]);
		expect(ids(handOverAll(noteRefusal(owed, 'A'), NOW, one).batches)).toEqual([['B']]);
	});

	test('sends out what was in flight at a crash one at a time, so that the culprit shows itself', () => {
		const { deliveries } = handOverAll(list(noDeliveries(), ['A', 'B', 'C']));
		const restored = list(fromCheckpoint(toCheckpoint(deliveries), NOW, rules), ['A', 'B', 'C', 'D']);
		expect(ids(handOverAll(restored, NOW + HOUR_MS).batches)).toEqual([['D'], ['A']]);
	});

	test('knows whether anything could be handed over but for the places', () => {
		const { deliveries } = handOverAll(list(noDeliveries(), ['A', 'B']), NOW, { ...rules, maximumInFlight: 1 });
		expect(hasBacklog(deliveries, NOW)).toBe(true);
		expect(hasBacklog(list(after(failed), ['A']), NOW)).toBe(false);
		expect(hasBacklog(list(after(failed), ['A']), NOW + HOUR_MS)).toBe(true);
	});
});

describe('the end of an execution', () => {
	test('that never began does not count as an attempt and leaves the message first in line', () => {
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A', 'B']), NOW, { ...rules, maximumInFlight: 1 });
		const ended = noteEnd(deliveries, batches[0] ?? [], { kind: 'notStarted' }, NOW, rules);
		expect(ended.waiting).toEqual(['A', 'B']);
		expect(handOverAll(ended).batches[0]).toEqual([{ messageId: 'A', attempt: 1 }]);
	});

	test('that never began does not count when it would have been a redelivery, which stays due', () => {
		const { deliveries, batches } = handOverAll(list(after(failed), ['A']), NOW + HOUR_MS);
		const ended = noteEnd(deliveries, batches[0] ?? [], { kind: 'notStarted' }, NOW + HOUR_MS, rules);
		expect(handOverAll(ended, NOW + HOUR_MS).batches).toEqual([[{ messageId: 'A', attempt: 2 }]]);
	});

	test('pauses twice as long after each failure, at most six hours', () => {
		expect([1, 2, 3, 4].map((failures) => redeliveryPause(failures, rules) / MINUTE_MS)).toEqual([5, 10, 20, 40]);
		expect(redeliveryPause(60, rules)).toBe(LONGEST_PAUSE_MS);
	});

	test('parks after the set number of attempts, reports once, and starts anew when a person activates the workflow', () => {
		let state = after(failed);
		for (let attempt = 2; attempt <= rules.deliveryAttempts; attempt++) {
			const { deliveries, batches } = handOverAll(list(state, ['A']), NOW + attempt * HOUR_MS);
			expect(batches).toEqual([[{ messageId: 'A', attempt }]]);
			state = noteEnd(deliveries, batches[0] ?? [], failed, NOW + attempt * HOUR_MS, rules);
		}
		const reported = takeReports(state);
		expect(reported.parked).toEqual([{ messageId: 'A', attempts: 3, reason: { kind: 'failed', node: 'Set' } }]);
		expect(takeReports(reported.deliveries).parked).toEqual([]);
		expect(handOverAll(list(reported.deliveries, ['A']), NOW + 99 * HOUR_MS).batches).toEqual([]);
		expect(handOverAll(list(release(reported.deliveries, NOW), ['A']), NOW).batches).toEqual([[{ messageId: 'A', attempt: 4 }]]);
		expect(release(reported.deliveries, NOW).entries.get('A')).toMatchObject({ attempts: 3, round: 0 });
	});

	test('that n8n never reports is given up in the end; should it come after all, success counts', () => {
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A']));
		const overdue = noteTime(deliveries, NOW + 24 * HOUR_MS, rules);
		expect(overdue.entries.get('A')).toMatchObject({ state: 'failed', reason: { kind: 'overdue' } });
		expect(toAcknowledge(noteEnd(overdue, batches[0] ?? [], delivered, NOW, rules))).toEqual(['A']);
		expect(noteEnd(overdue, batches[0] ?? [], failed, NOW + 48 * HOUR_MS, rules).entries.get('A')).toEqual(overdue.entries.get('A')); // a failure counts once
	});

	test('of an earlier delivery says nothing about the one that runs now', () => {
		const { deliveries, batches } = handOverAll(list(noDeliveries(), ['A']));
		const overdue = list(noteTime(deliveries, NOW + 24 * HOUR_MS, rules), ['A']);
		const again = handOverAll(overdue, NOW + 48 * HOUR_MS).deliveries;
		expect(noteEnd(again, batches[0] ?? [], failed, NOW, rules).entries.get('A')).toMatchObject({ state: 'inFlight', attempts: 2 });
	});
});

describe('later acknowledgement', () => {
	const later: DeliveryRules = { ...rules, afterSuccess: 'await', redeliverAfterMs: 24 * HOUR_MS };

	test('hands over again only what has stayed in the inbox for the set time, and parks it in the end', () => {
		let state = after(delivered, later);
		let now = NOW;
		for (let attempt = 2; attempt <= later.deliveryAttempts; attempt++) {
			now += 24 * HOUR_MS;
			const { deliveries, batches } = handOverAll(list(noteTime(state, now, later), ['A']), now, later);
			expect(batches).toEqual([[{ messageId: 'A', attempt }]]);
			state = noteEnd(deliveries, batches[0] ?? [], delivered, now, later);
		}
		expect(takeReports(noteTime(state, now + 24 * HOUR_MS, later)).parked).toEqual([
			{ messageId: 'A', attempts: 3, reason: { kind: 'notAcknowledged' } },
		]);
	});

	test('never hands over again when the time is set to never', () => {
		const never = { ...later, redeliverAfterMs: undefined };
		expect(
			handOverAll(list(noteTime(after(delivered, never), NOW + 9_999 * HOUR_MS, never), ['A']), NOW + 9_999 * HOUR_MS, never).batches,
		).toEqual([]);
	});

	test('forgets the message when it has left the inbox', () => {
		expect(list(after(delivered, later), []).entries.size).toBe(0);
	});
});

describe('the checkpoint', () => {
	const everyState = (): Deliveries => {
		const inbox = ['run', 'fail', 'park', 'owe', 'wait'];
		const { deliveries, batches } = handOverAll(list(noDeliveries(), inbox), NOW, rules);
		const end = (state: Deliveries, at: number, outcome: Outcome, under = rules) => noteEnd(state, batches[at] ?? [], outcome, NOW, under);
		const parked = takeReports(end(deliveries, 2, failed, { ...rules, deliveryAttempts: 1 })).deliveries;
		return noteAcknowledged(end(end(end(parked, 1, failed), 3, delivered), 4, delivered, { ...rules, afterSuccess: 'await' }), 'nothing');
	};

	test('brings every state back, and makes of what was in flight a failed attempt', () => {
		const restored = fromCheckpoint(JSON.parse(JSON.stringify(toCheckpoint(everyState()))), NOW, rules);
		expect(Object.fromEntries([...restored.entries].map(([id, { state, attempts }]) => [id, `${state} ${attempts}`]))).toEqual({
			run: 'failed 1',
			fail: 'failed 1',
			park: 'parked 1',
			owe: 'delivered 1',
			wait: 'awaiting 1',
		});
		expect(toAcknowledge(restored)).toEqual(['owe']);
		expect(takeReports(restored).parked).toEqual([]);
	});

	test('parks and reports what was in flight at its last attempt when n8n died', () => {
		const { deliveries } = handOverAll(list(noDeliveries(), ['A']));
		const restored = fromCheckpoint(toCheckpoint(deliveries), NOW, { ...rules, deliveryAttempts: 1 });
		expect(takeReports(restored).parked).toEqual([{ messageId: 'A', attempts: 1, reason: { kind: 'interrupted' } }]);
	});

	test.each([
		undefined,
		null,
		'text',
		7,
		[],
		{},
		{ version: 2, messages: ['failed 1 1 1 A'] },
		{ version: 1, messages: 'failed 1 1 1 A' },
		{ version: 1, messages: [null, 5, {}, '', 'failed', 'failed x 1 1 A', 'unknown 1 1 1 A', 'failed 1 1 1', 'failed -1 1 1 A'] },
	])('reads nothing from %j and goes on with an empty ledger', (stored) => {
		expect(fromCheckpoint(stored, NOW, rules)).toEqual(noDeliveries());
	});

	test('brings back no more than may be remembered', () => {
		const messages = Array.from({ length: MAXIMUM_REMEMBERED + 1 }, (_, n) => `failed 1 1 1 M${n}`);
		expect(fromCheckpoint({ version: 1, messages }, NOW, rules).entries.size).toBe(MAXIMUM_REMEMBERED);
	});

	test('does not wait for a time that only a wrong clock can have written', () => {
		const restored = list(
			fromCheckpoint(
				{ version: 1, messages: ['failed 1 1 9007199254740991 A', 'failed 1 1 soon B', 'awaiting 1 1 9007199254740991 C'] },
				NOW,
				rules,
			),
			['A', 'B', 'C'],
		);
		expect(ids(handOverAll(restored, NOW + LONGEST_PAUSE_MS).batches)).toEqual([['B'], ['A']]);
		expect(restored.entries.get('C')).toMatchObject({ since: NOW });
	});

	test('of another process counts where that has made more attempts, but not for what this one has in flight', () => {
		const mine = handOver(list(after(failed), ['A', 'B', 'C']), NOW, rules).deliveries; // B is in flight
		const merged = mergeCheckpoint(mine, { version: 1, messages: ['running 2 2 - A', 'running 2 2 - B', 'failed 1 1 5 C'] }, NOW, rules);
		expect(merged.entries.get('A')).toMatchObject({ state: 'failed', attempts: 2, suspect: true, dueAt: NOW + 10 * MINUTE_MS });
		expect(merged.entries.get('B')).toMatchObject({ state: 'inFlight', attempts: 1 });
		expect(merged.entries.get('C')).toMatchObject({ state: 'failed', attempts: 1 });
		expect(merged.waiting).toEqual([]);
		expect(mergeCheckpoint(mine, { version: 1, messages: ['failed 1 1 5 A'] }, NOW, rules).entries.get('A')).toEqual(mine.entries.get('A'));
	});

	test.each([
		['delivered 1 1 3/1700000600000/0', { refusals: 3, retryAt: NOW + 10 * MINUTE_MS }],
		['delivered 2 1 1/9007199254740991/0', { refusals: 1, retryAt: NOW + HOUR_MS }],
		['delivered 1 1 0/-/2', { refusals: 0, unheeded: 2 }],
	])('remembers that MESH does not take an acknowledgement: %s', (line, known) => {
		const restored = fromCheckpoint({ version: 1, messages: [`${line} A`] }, NOW, rules);
		expect(restored.entries.get('A')).toMatchObject({ state: 'delivered', confirmed: true, ...known });
		expect(toCheckpoint(restored).messages).toEqual(line.includes('9007') ? [`delivered 2 1 1/${NOW + HOUR_MS}/0 A`] : [`${line} A`]);
	});

	test('keeps a message that MESH lists although it has taken the acknowledgement more than once, so that it is not delivered anew', () => {
		const unheeded = noteAcknowledged(list(noteAcknowledged(after(delivered), 'A'), ['A']), 'A');
		const restored = fromCheckpoint(toCheckpoint(unheeded), NOW, rules);
		expect(ids(handOverAll(list(restored, ['A'])).batches)).toEqual([]);
		expect(toAcknowledge(restored)).toEqual(['A']);
	});
});

describe('what another filter hides', () => {
	const inFlight = () => handOver(list(noDeliveries(), ['A']), NOW, rules);
	const narrower = (deliveries: Deliveries) => list(underOtherListing(deliveries, NOW), []);

	test.each<[string, Outcome]>([
		['never began', { kind: 'notStarted' }],
		['failed', failed],
	])('is not handed over again when its execution %s, before a list shows it', (_how, outcome) => {
		const { deliveries, batch } = inFlight();
		const again = noteEnd(narrower(deliveries), batch, outcome, NOW, rules);
		expect(ids(handOverAll(again, NOW + HOUR_MS).batches)).toEqual([]);
		expect(handOver(list(again, ['A']), NOW + HOUR_MS, rules).batch).toEqual([{ messageId: 'A', attempt: outcome === failed ? 2 : 1 }]);
	});

	test('stays hidden when a redelivery of it never began', () => {
		const second = handOver(list(after(failed), ['A']), NOW + HOUR_MS, rules);
		const again = noteEnd(narrower(second.deliveries), second.batch, { kind: 'notStarted' }, NOW + HOUR_MS, rules);
		expect(ids(handOverAll(again, NOW + HOUR_MS).batches)).toEqual([]);
	});

	test('is remembered for five days, or until a list without a filter does not show it', () => {
		const hidden = narrower(after(failed));
		expect(toCheckpoint(hidden).messages).toEqual([`failed 1 1 ${NOW + 5 * MINUTE_MS} A ${NOW}`]);
		expect(fromCheckpoint(toCheckpoint(hidden), NOW, rules)).toMatchObject({ hidden: new Map([['A', NOW]]) });
		expect(noteTime(hidden, NOW + 119 * HOUR_MS, rules).entries.has('A')).toBe(true);
		expect(noteTime(hidden, NOW + 120 * HOUR_MS, rules)).toMatchObject({ entries: new Map(), hidden: new Map() });
		const begun = beginListing(hidden);
		const gone = noteListing(begun.deliveries, { number: begun.number, messageIds: [], complete: true, unfiltered: true });
		expect(gone).toMatchObject({ entries: new Map(), hidden: new Map() });
	});

	test('takes no place of what may be remembered, and no more of it is kept than that', () => {
		const messages = Array.from({ length: MAXIMUM_REMEMBERED }, (_, n) => `reported 5 5 failed M${n}`);
		let deliveries = narrower(fromCheckpoint({ version: 1, messages }, NOW, rules));
		expect(handOver(list(deliveries, ['A']), NOW, rules).batch).toHaveLength(1);
		deliveries = mergeCheckpoint(deliveries, { version: 1, messages: messages.map((line) => `${line}x`) }, NOW, rules);
		expect(underOtherListing(deliveries, NOW).entries.size).toBe(MAXIMUM_REMEMBERED);
	});
});

describe('an execution that may go on after the process that started it', () => {
	const restored = () =>
		fromCheckpoint(toCheckpoint(handOver(list(noDeliveries(), ['A']), NOW, rules).deliveries, true), NOW + HOUR_MS, rules);

	test('keeps its message from being handed over again until it counts as lost, and takes no place', () => {
		const deliveries = list(restored(), ['A', 'B']);
		expect(ids(handOverAll(deliveries, NOW + 23 * HOUR_MS, { ...rules, maximumInFlight: 1 }).batches)).toEqual([['B']]);
		expect(unheard(deliveries, NOW + 2 * HOUR_MS, HOUR_MS)).toEqual(['A']);
		const lost = list(noteTime(deliveries, NOW + 24 * HOUR_MS, rules), ['A']);
		expect(handOver(lost, NOW + 25 * HOUR_MS, rules).batch).toEqual([{ messageId: 'A', attempt: 2 }]);
	});

	test('is over when its message has left the inbox', () => {
		expect(list(restored(), []).entries.size).toBe(0);
	});

	test('is remembered as such over another restart, as long as before', () => {
		const again = fromCheckpoint(toCheckpoint(restored(), true), NOW + 2 * HOUR_MS, rules);
		expect(again.entries.get('A')).toMatchObject({ state: 'inFlight', unheard: true, since: NOW });
	});
});
