import fc from 'fast-check';
import type { WorkflowFilter } from '../../nodes/Mesh/client';
import { mayOverlap } from '../../nodes/Mesh/trigger/neighbours';
import { cases } from '../support/cases';
import { MINUTE_MS, type TriggerWorld, quiet, until, useTriggerWorld } from './host';

describe('whether two filters let the same message through', () => {
	const passes = (id: string, { mode, text, negate = false }: WorkflowFilter) =>
		({ equals: id === text, beginsWith: id.startsWith(text), contains: id.includes(text) })[mode] !== negate;

	test('is never denied where a workflow ID passes both', () => {
		const text = fc.string({ unit: fc.constantFrom('A', 'B'), minLength: 1, maxLength: 3 });
		const filter = fc.record({
			mode: fc.constantFrom('equals' as const, 'beginsWith' as const, 'contains' as const),
			text,
			negate: fc.boolean(),
		});
		const ids = ['A', 'B', 'C'].flatMap((a) => ['', 'A', 'B', 'C'].flatMap((b) => ['', 'A', 'B', 'C'].map((c) => a + b + c)));
		fc.assert(
			fc.property(filter, filter, (a, b) => {
				if (ids.some((id) => passes(id, a) && passes(id, b))) expect(mayOverlap(a, b)).toBe(true);
				expect(mayOverlap(a, b)).toBe(mayOverlap(b, a));
			}),
			{ numRuns: cases(2_000) },
		);
	});

	test.each<[WorkflowFilter, WorkflowFilter, boolean]>([
		[{ mode: 'equals', text: 'A' }, { mode: 'equals', text: 'B' }, false],
		[{ mode: 'equals', text: 'A' }, { mode: 'equals', text: 'A', negate: true }, false],
		[{ mode: 'beginsWith', text: 'AB' }, { mode: 'beginsWith', text: 'AC' }, false],
		[{ mode: 'beginsWith', text: 'AB' }, { mode: 'beginsWith', text: 'A', negate: true }, false],
		[{ mode: 'equals', text: 'TOC_ACK' }, { mode: 'contains', text: 'ACK', negate: true }, false],
		[{ mode: 'beginsWith', text: 'A' }, { mode: 'contains', text: 'B' }, true],
		[{ mode: 'equals', text: 'A', negate: true }, { mode: 'equals', text: 'B', negate: true }, true],
	])('%j and %j: %j', (a, b, expected) => expect(mayOverlap(a, b)).toBe(expected));
});

describe('two active triggers on one mailbox', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const filter = (workflowFilterMode: string, workflowFilterText: string) => ({ workflowFilterMode, workflowFilterText });

	async function run(minutes: number, ...hosts: Array<ReturnType<TriggerWorld['host']>>): Promise<void> {
		for (let minute = 0; minute < minutes; minute++) {
			world.clock.advance(MINUTE_MS);
			for (const host of hosts) await host.poll();
		}
	}

	async function pair(one: object = {}, other: object = {}) {
		const [real, copy] = [
			world.host({ parameters: one as never }),
			world.host({ parameters: other as never, node: { id: 'copy', name: 'MESH' } }),
		];
		await real.activate();
		await copy.activate();
		return { real, copy };
	}

	test('are both told, once an hour, and what to do', async () => {
		const { real, copy } = await pair();
		await run(5, real, copy);
		for (const host of [real, copy]) {
			expect(host.raised.map(({ message }) => message)).toEqual([
				expect.stringContaining('Another active trigger collects from the same mailbox: "MESH"'),
			]);
			expect(host.raised[0]).toMatchObject({ description: expect.stringContaining('Unpublish') });
		}
		await run(65, real, copy);
		expect([real.raised.length, copy.raised.length]).toEqual([2, 2]);
	});

	test('are left alone where their filters exclude each other', async () => {
		const { real, copy } = await pair(filter('equals', 'WF_A'), filter('equals', 'WF_B'));
		await run(10, real, copy);
		expect([...real.raised, ...copy.raised]).toEqual([]);
	});

	test('are not two where one has taken the place of the other', async () => {
		const { real, copy } = await pair();
		await run(10, copy);
		expect([...real.raised, ...copy.raised]).toEqual([]);
	});
});

const HOUR_MS = 60 * MINUTE_MS;

describe('messages in flight', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const fill = async (count: number) => {
		for (let n = 0; n < count; n++) await world.sandbox.putMessage({ to: 'X26ABC1', content: `message ${n}` });
		return world.sandbox.inbox('X26ABC1');
	};
	const inbox = () => world.sandbox.inbox('X26ABC1');

	test('are never more than set, and a place that becomes free is used at once', async () => {
		const messageIds = await fill(5);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 2 } } });
		await host.activate();
		for (let next = 0; next < 5; next++) {
			const expected = Math.min(5, next + 2);
			await until(() => host.handedOver.length >= expected, `hand-over ${expected}`);
			await quiet();
			expect(host.handedOver).toHaveLength(expected);
			host.handedOver[next]?.end('success', 'Step');
		}
		expect(host.handedOver.flatMap((handedOver) => handedOver.messageIds)).toEqual(messageIds);
		await until(() => inbox().length === 0, 'all acknowledgements');
	});

	test('never make n8n wait for the first poll, which is part of activating', async () => {
		await fill(3);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } } });
		await host.activate();
		expect(host.handedOver).toHaveLength(1);
		host.handedOver[0]?.end('success', 'Step');
		await until(() => host.handedOver.length === 2, 'the next hand-over, without another poll');
	});

	test('keep a poll going only until its time is up; the next one goes on', async () => {
		await fill(3);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } }, budgetMs: 36_000 });
		await host.activate();
		await quiet();
		world.clock.advance(36_000);
		await quiet();
		host.handedOver[0]?.end('success', 'Step');
		await host.settled();
		expect(host.handedOver).toHaveLength(1);
		const poll = host.poll();
		await until(() => host.handedOver.length === 2, 'the second hand-over');
		await quiet();
		world.clock.advance(36_000);
		await poll;
		expect(host.handedOver).toHaveLength(2);
	});

	test('are not handed over again by the polls that follow', async () => {
		await fill(3);
		const host = world.host({ runs: false });
		await host.activate();
		await host.poll();
		world.clock.advance(HOUR_MS);
		await host.poll();
		expect(host.handedOver).toHaveLength(3);
	});

	test('are not handed over again when the workflow is activated anew while they run', async () => {
		await fill(3);
		const host = world.host({ runs: false });
		await host.activate();
		await host.activate();
		await host.activate('update');
		expect(host.handedOver).toHaveLength(3);
		for (const handedOver of host.handedOver) handedOver.end('success', 'Step');
		await until(() => inbox().length === 0, 'all acknowledgements');
	});

	test('let polls never overlap: the next one returns at once', async () => {
		await fill(2);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } } });
		await host.activate(); // goes on in the background: a message waits
		world.calls();
		await host.poll();
		await host.poll();
		expect(world.calls()).toEqual([]);
		expect(host.handedOver).toHaveLength(1);
	});

	test('make a poll that still runs give way to a new activation', async () => {
		const messageIds = await fill(3);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } } });
		await host.activate();
		await host.activate('update', { parameters: { options: { messagesInFlight: 3 } } });
		expect(host.handedOver.flatMap((handedOver) => handedOver.messageIds)).toEqual(messageIds);
	});

	test('end a poll that is stuck in a silent MESH when a new activation comes, without counting it as a failure', async () => {
		const host = world.host();
		await host.activate();
		world.calls();
		world.sandbox.arm({ call: 'list', fault: { kind: 'stall', where: 'beforeAnswer' } });
		const stuck = host.poll();
		await until(() => world.calls().filter((call) => call === 'list').length > 0, 'the listing');
		await host.activate('update');
		await stuck;
		expect(host.raised).toEqual([]);
	});

	test('end a poll that is stuck in a silent MESH when its time is up, and count it as a failure', async () => {
		const host = world.host();
		await host.activate();
		world.calls();
		for (let failure = 1; failure <= 3; failure++) {
			world.sandbox.arm({ call: 'list', fault: { kind: 'stall', where: 'beforeAnswer' } });
			const stuck = host.poll();
			await until(() => world.calls().includes('list'), 'the listing');
			world.clock.advance(MINUTE_MS);
			await stuck;
			expect(host.raised).toHaveLength(failure === 3 ? 1 : 0);
		}
		expect(host.raised[0]?.message).toBe('MESH did not answer within 60 seconds when the trigger wanted to list the inbox');
	});

	test("are known across the polls of n8n's durable scheduler, which gives each poll a context of its own", async () => {
		await fill(2);
		const host = world.host({ runs: false, budgetMs: 36_000 });
		await host.activate('update');
		world.calls();
		await host.activate('update');
		await host.activate('update');
		expect(host.handedOver).toHaveLength(2);
		expect(world.calls()).toEqual(['list', 'list']); // no validation each time
	});

	test('work without a poll budget, in hosts before n8n 2', async () => {
		await fill(2);
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } }, isOldHost: true });
		await host.activate();
		await quiet();
		world.clock.advance(45_000);
		await quiet();
		host.handedOver[0]?.end('success', 'Step');
		await host.settled();
		expect(host.handedOver).toHaveLength(1); // its time was up
		void host.poll();
		await until(() => host.handedOver.length === 2, 'the second hand-over');
	});
});
