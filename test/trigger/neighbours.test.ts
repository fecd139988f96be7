import fc from 'fast-check';
import type { WorkflowFilter } from '../../nodes/Mesh/client';
import { mayOverlap } from '../../nodes/Mesh/trigger/neighbours';
import { MINUTE_MS, startTriggerWorld, type TriggerWorld } from './host';
import { cases } from '../support/cases';

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
	beforeAll(async () => {
		world = await startTriggerWorld();
	});
	beforeEach(async () => {
		await world.sandbox.reset();
		world.restart();
	});
	afterAll(async () => await world.close());

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
