import fc from 'fast-check';
import { MAXIMUM_REMEMBERED, remembered, toCheckpoint, type DeliveryRules } from '../../../nodes/Mesh/trigger/deliveries';
import { World, type Nature, type Published } from './world';
import { cases } from '../../support/cases';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** More attempts than a message can use up by waiting for an execution that never ends. */
const MANY = 200;

const rulesOf = (change: Partial<DeliveryRules> = {}): DeliveryRules => ({
	maximumInFlight: 4,
	messagesPerExecution: 1,
	deliveryAttempts: 5,
	pauseMs: 5 * MINUTE_MS,
	afterSuccess: 'acknowledge',
	longestExecutionMs: 24 * HOUR_MS,
	...change,
});

type Step =
	| { do: 'arrive'; nature: Nature }
	| { do: 'poll'; complete: boolean; meanwhile: Step[] }
	| { do: 'finish' | 'notStarted' | 'leave'; index: number }
	| { do: 'acknowledgements'; fail: boolean }
	| { do: 'crash'; clockJumpMs: number }
	| { do: 'publish'; change: Partial<Published> }
	| { do: 'activate' | 'handOver' }
	| { do: 'wait'; ms: number };

const index = fc.nat({ max: 12 });
const event: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({ do: fc.constant('arrive' as const), nature: fc.constantFrom<Nature>('good', 'good', 'moody', 'poison') }),
	},
	{ weight: 8, arbitrary: fc.record({ do: fc.constant('finish' as const), index }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('notStarted' as const), index }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), index }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('acknowledgements' as const), fail: fc.boolean() }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: event },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant('poll' as const),
			complete: fc.constantFrom(true, true, true, false),
			meanwhile: fc.array(event, { maxLength: 3 }),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constant('wait' as const),
			ms: fc.constantFrom(1_000, 5 * MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS, 25 * HOUR_MS),
		}),
	},
	{ weight: 1, arbitrary: fc.constant<Step>({ do: 'handOver' }) },
);
const crash = fc.record({
	do: fc.constant('crash' as const),
	clockJumpMs: fc.constantFrom(0, 0, -24 * HOUR_MS, -HOUR_MS, 24 * HOUR_MS, 365 * 24 * HOUR_MS, -365 * 24 * HOUR_MS),
});
const publish = fc.record({
	do: fc.constant('publish' as const),
	change: fc.oneof(
		fc.record({ isFiltered: fc.boolean() }),
		fc.record({ mailbox: fc.constantFrom('A' as const, 'B' as const) }),
		fc.record({ credential: fc.constantFrom('', 'another password') }),
	),
});
const activate = fc.constant<Step>({ do: 'activate' });

/** Leaves out waits that make executions overdue: each of those costs an attempt, too. */
const isShort = (action: Step) => action.do !== 'wait' || action.ms < 24 * HOUR_MS;

const settings = fc.record({
	maximumInFlight: fc.integer({ min: 1, max: 6 }),
	messagesPerExecution: fc.integer({ min: 1, max: 4 }),
	deliveryAttempts: fc.integer({ min: 2, max: 5 }),
});

/** One of what is there. */
const at = (index: number, some: readonly unknown[]) => (some.length === 0 ? 0 : index % some.length);

function play(world: World, steps: readonly Step[]): void {
	for (const action of steps) {
		switch (action.do) {
			case 'arrive':
				world.arrive(action.nature);
				break;
			case 'poll':
				world.poll(() => play(world, action.meanwhile), action.complete);
				break;
			case 'finish':
				world.finish(at(action.index, world.running));
				break;
			case 'notStarted':
				world.finish(at(action.index, world.running), { kind: 'notStarted' });
				break;
			case 'leave':
				world.leave(at(action.index, world.inbox));
				break;
			case 'acknowledgements':
				world.acknowledgementsFail = action.fail;
				break;
			case 'crash':
				world.crash(action.clockJumpMs);
				break;
			case 'publish':
				world.publish(action.change);
				break;
			case 'activate':
				world.activate();
				break;
			case 'handOver':
				world.handOverAll();
				break;
			case 'wait':
				world.now += action.ms;
				break;
		}
	}
}

/** Calm weather from here on: everything that can be delivered is. */
function drain(world: World): void {
	world.acknowledgementsFail = false;
	const { mailbox } = world.published;
	for (const next of [mailbox === 'A' ? 'B' : 'A', mailbox] as const) {
		world.publish({ isFiltered: false, mailbox: next });
		for (let turn = 0; turn < 60 + world.inbox.length * 3; turn++) {
			world.poll();
			while (world.running.length > 0) {
				world.finish(0);
				world.handOverAll();
			}
			world.now += 7 * HOUR_MS;
		}
	}
}

/** Messages that are still there although nothing is wrong with them. */
const leftOver = (world: World) =>
	Object.values(world.inboxes).flatMap((inbox) => inbox.filter((id) => world.natures.get(id) !== 'poison'));

/** Steps with a person's changes among them, and kills of the process at random. */
const changedAndKilled = (kills: fc.Arbitrary<Step>) =>
	fc
		.tuple(
			fc.array(fc.oneof({ weight: 10, arbitrary: step.filter(isShort) }, { weight: 3, arbitrary: publish }), {
				maxLength: 80,
				size: 'max',
			}),
			fc.array(fc.tuple(fc.nat(80), kills), { maxLength: 4 }),
		)
		.map(([calm, crashes]) => {
			const steps = [...calm];
			for (const [at, kill] of crashes) steps.splice(Math.min(at, steps.length), 0, kill);
			return { steps, crashes: crashes.length };
		});

describe('the delivery ledger under random interleavings', () => {
	test('never acknowledges before success, never exceeds the places, never forgets an attempt, and delivers every good message', () => {
		fc.assert(
			fc.property(
				settings,
				fc.array(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: activate }), { maxLength: 120, size: 'max' }),
				(change, steps) => {
					const world = new World(rulesOf({ ...change, deliveryAttempts: MANY }));
					play(world, steps);
					drain(world);
					for (const [id, nature] of world.natures) {
						if (nature !== 'poison' && leftOver(world).includes(id)) throw new Error(`${id} was never delivered`);
					}
					expect(leftOver(world)).toEqual([]);
				},
			),
			{ numRuns: cases(400) },
		);
	});

	test('keeps all of that when the process is killed at random, because the checkpoint is written before each hand-over', () => {
		fc.assert(
			fc.property(
				settings,
				fc.array(step.filter(isShort), { maxLength: 60, size: 'max' }),
				fc.array(fc.tuple(fc.nat(60), crash), { maxLength: 6 }),
				(change, calm, crashes) => {
					const steps = [...calm];
					for (const [at, kill] of crashes) steps.splice(Math.min(at, steps.length), 0, kill);
					// A message may be in flight at every one of the kills and fail once by itself or beside a bad one: more would park it.
					const world = new World(rulesOf({ ...change, deliveryAttempts: crashes.length + 3, longestExecutionMs: YEAR_MS }));
					play(world, steps);
					drain(world);
					expect(leftOver(world)).toEqual([]);
				},
			),
			{ numRuns: cases(400) },
		);
	});

	test('keeps all of that when filter, mailbox and credential are changed, there and back, and when the clock jumps at a restart', () => {
		fc.assert(
			fc.property(settings, changedAndKilled(crash), (change, { steps, crashes }) => {
				const world = new World(rulesOf({ ...change, deliveryAttempts: 3 * crashes + 3, longestExecutionMs: YEAR_MS }));
				play(world, steps);
				drain(world);
				expect(leftOver(world)).toEqual([]);
			}),
			{ numRuns: cases(1_000) },
		);
	});

	test('keeps all of that in queue mode, where executions outlive the process that would hear of their end', () => {
		process.env.EXECUTIONS_MODE = 'queue';
		try {
			fc.assert(
				fc.property(settings, changedAndKilled(fc.constant<Step>({ do: 'crash', clockJumpMs: 0 })), (change, { steps }) => {
					const world = new World(rulesOf({ ...change, deliveryAttempts: MANY }), true);
					play(world, steps);
					drain(world);
					expect(leftOver(world)).toEqual([]);
				}),
				{ numRuns: cases(1_000) },
			);
		} finally {
			delete process.env.EXECUTIONS_MODE;
		}
	});

	test('leaves only poison messages in the inbox, parked, each reported exactly once', () => {
		fc.assert(
			fc.property(settings, fc.array(step, { maxLength: 80, size: 'max' }), (change, steps) => {
				const world = new World(rulesOf(change));
				play(world, steps);
				drain(world);
				expect([...new Set(world.reports)].sort()).toEqual([...world.reports].sort());
				for (const id of world.inbox) {
					expect(world.deliveries.entries.get(id)).toMatchObject({ state: 'parked', attempts: change.deliveryAttempts, reported: true });
					expect(world.reports).toContain(id);
				}
			}),
			{ numRuns: cases(300) },
		);
	});

	test('parks a message that kills n8n each time, after the set number of attempts, and delivers all others', () => {
		fc.assert(
			fc.property(settings, fc.integer({ min: 0, max: 20 }), fc.nat(20), (change, others, place) => {
				const world = new World(rulesOf({ ...change, deliveryAttempts: change.deliveryAttempts + 1 }));
				for (let n = 0; n <= others; n++) world.arrive(n === Math.min(place, others) ? 'poison' : 'good');
				const killer = `A${Math.min(place, others)}`;
				for (let turn = 0; turn < 200; turn++) {
					world.poll();
					// The killer strikes as soon as it runs; everything that runs beside it is lost with it.
					if (world.running.some(({ batch }) => batch.some(({ messageId }) => messageId === killer))) world.crash();
					else if (world.running.length > 0) world.finish(0);
					world.now += 10 * MINUTE_MS;
				}
				drain(world);
				expect(world.inbox).toEqual([killer]);
				// The first stop is charged to nobody: it could have been any of those in flight.
				expect(world.handOvers.get(killer)).toBe(world.rules.deliveryAttempts + 1);
			}),
			{ numRuns: cases(150) },
		);
	});

	test('hands every good message over although redelivered ones hang for ever, because they get at most half of the places', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 2, max: 6 }),
				fc.integer({ min: 1, max: 3 }),
				fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
				(maximumInFlight, messagesPerExecution, good) => {
					const world = new World(rulesOf({ maximumInFlight, messagesPerExecution }));
					for (const isGood of good) world.arrive(isGood ? 'good' : 'poison');
					for (let turn = 0; turn < 4 * good.length + 20; turn++) {
						world.poll();
						// First attempts end; a poison message that is handed over again never does.
						for (let at = world.running.length - 1; at >= 0; at--) {
							const hangs = world.running[at]?.batch.some(
								({ messageId, attempt }) => attempt > 1 && world.natures.get(messageId) === 'poison',
							);
							if (hangs !== true) world.finish(at);
						}
						world.now += 6 * MINUTE_MS;
					}
					const handedOver = good.map((_, n) => `A${n}`).filter((id) => !world.handOvers.has(id));
					expect(handedOver).toEqual([]);
				},
			),
			{ numRuns: cases(150) },
		);
	});

	test('hands over again what was in flight at a kill although one of those messages then hangs for ever', () => {
		fc.assert(
			fc.property(fc.integer({ min: 3, max: 10 }), fc.nat(9), (maximumInFlight, place) => {
				const world = new World(rulesOf({ maximumInFlight }));
				for (let n = 0; n < maximumInFlight; n++) world.arrive(n === Math.min(place, maximumInFlight - 1) ? 'poison' : 'good');
				world.poll();
				world.crash();
				// The others may have to wait until it is plain that the one which hangs does not bring n8n down, but not for its end.
				for (let turn = 0; turn < 20; turn++) {
					world.now += 5 * MINUTE_MS;
					world.poll();
					for (let at = world.running.length - 1; at >= 0; at--) {
						if (world.running[at]?.batch.every(({ messageId }) => world.natures.get(messageId) === 'good')) world.finish(at);
					}
				}
				expect(leftOver(world)).toEqual([]);
			}),
			{ numRuns: cases(150) },
		);
	});

	test('under a later acknowledgement neither acknowledges nor hands over again until the time is up', () => {
		fc.assert(
			fc.property(settings, fc.array(step, { maxLength: 80, size: 'max' }), (change, steps) => {
				const world = new World(rulesOf({ ...change, afterSuccess: 'await', longestExecutionMs: YEAR_MS }));
				play(world, steps);
				expect(world.acknowledged.size).toBe(0);
				for (const id of world.succeeded) expect(['awaiting', undefined]).toContain(world.deliveries.entries.get(id)?.state);
			}),
			{ numRuns: cases(200) },
		);
	});

	test('when the execution itself acknowledges, confirms by a listing and never delivers a second time', () => {
		fc.assert(
			fc.property(settings, fc.array(step, { maxLength: 80, size: 'max' }), (change, steps) => {
				const world = new World(rulesOf({ ...change, afterSuccess: 'confirm', deliveryAttempts: MANY }));
				play(world, steps);
				drain(world);
				expect(leftOver(world)).toEqual([]);
			}),
			{ numRuns: cases(200) },
		);
	});

	test('remembers a bounded number of messages, hands nothing new over at the bound, and goes on when some have left', () => {
		const world = new World(rulesOf({ maximumInFlight: 500, messagesPerExecution: 500, deliveryAttempts: 1 }));
		for (let n = 0; n < MAXIMUM_REMEMBERED + 1_000; n++) world.arrive('poison');
		world.arrive('good');
		for (let turn = 0; turn < 30; turn++) {
			world.poll();
			while (world.running.length > 0) world.finish(0);
		}
		expect(remembered(world.deliveries)).toBe(MAXIMUM_REMEMBERED);
		expect(world.succeeded.size).toBe(0);
		expect(JSON.stringify(toCheckpoint(world.deliveries)).length).toBeLessThan(300_000);
		world.inbox.splice(0, 2_000);
		drainSome(world);
		expect([...world.succeeded]).toEqual([`A${MAXIMUM_REMEMBERED + 1_000}`]);
	});
});

function drainSome(world: World): void {
	for (let turn = 0; turn < 10; turn++) {
		world.poll();
		while (world.running.length > 0) world.finish(0);
	}
}
