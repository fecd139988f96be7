import fc from 'fast-check';
import { type INodeExecutionData, UserError } from 'n8n-workflow';
import { cases } from '../support/cases';
import { MINUTE_MS, type TriggerWorld, quiet, until, useTriggerWorld } from './host';

let world: TriggerWorld;
useTriggerWorld((started) => (world = started));

const put = async (count = 1) => {
	for (let n = 0; n < count; n++) await world.sandbox.putMessage({ to: 'X26ABC1', content: `${n}` });
};
const inbox = () => world.sandbox.inbox('X26ABC1');
const pollEachMinute = async (host: ReturnType<TriggerWorld['host']>, minutes: number) => {
	for (let minute = 0; minute < minutes; minute++) {
		world.clock.advance(MINUTE_MS);
		await host.poll();
		await host.settled();
	}
};

/** Until what is due in this turn of the event loop has happened. */
const nextTurn = async () =>
	await new Promise<void>((resolve) => {
		setImmediate(resolve);
	});

describe('executions that end before the trigger has run in them', () => {
	class ExecutionNotFoundError extends Error {}

	test('count as attempts: the pauses grow, and the message is parked and told once', async () => {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		for (let minute = 0, ended = 0; minute < 200; minute++) {
			if (ended < host.handedOver.length) {
				host.handedOver[ended++].reject(new ExecutionNotFoundError('No active execution found'));
				await quiet();
			}
			world.clock.advance(MINUTE_MS);
			await host.poll();
		}
		expect(host.handedOver.map(({ attempts }) => attempts[0])).toEqual([1, 2, 3, 4, 5]);
		expect(host.raised.map(({ message }) => message)).toEqual([expect.stringContaining('5 times without success and is parked')]);
	});

	test('while what n8n itself could not take costs no attempt', async () => {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		for (let minute = 0; minute < 8; minute++) {
			host.handedOver.at(-1)?.reject(new Error('database is locked'));
			await quiet();
			world.clock.advance(MINUTE_MS);
			await host.poll();
		}
		expect(new Set(host.handedOver.map(({ attempts }) => attempts[0]))).toEqual(new Set([1]));
		expect(host.handedOver.length).toBeGreaterThan(5);
	});
});

describe('when every execution fails, because a system behind the workflow is down', () => {
	test('one execution in each poll finds out whether it works again, and the waiting messages keep their attempts', async () => {
		await put(100);
		let isDown = true;
		const host = world.host({ step: async (_context, items) => (isDown ? await Promise.reject(new Error('ECONNREFUSED')) : items) });
		await host.activate();
		await host.settled();
		const first = host.handedOver.length;
		expect(first).toBeLessThan(30);
		await pollEachMinute(host, 20);
		expect(host.handedOver.length - first).toBeGreaterThan(10);
		expect(host.handedOver.length - first).toBeLessThanOrEqual(20);
		isDown = false;
		await pollEachMinute(host, 40);
		await until(() => inbox().length === 0, 'the deliveries');
	}, 60_000);

	test('a single good message in between is enough to go on', async () => {
		await put(40);
		const host = world.host({
			step: async (_context, items) =>
				Number(items[0]?.json.bytes) >= 0 && host.handedOver.length % 4 !== 0 ? await Promise.reject(new Error('no')) : items,
		});
		await host.activate();
		await pollEachMinute(host, 3);
		expect(host.handedOver.length).toBeGreaterThanOrEqual(40);
	}, 60_000);

	const isBad = ({ json }: INodeExecutionData) => json.workflowId === 'BAD';
	const putBad = async (count: number) => {
		for (let n = 0; n < count; n++) await world.sandbox.putMessage({ to: 'X26ABC1', content: 'bad', workflowId: 'BAD' });
	};
	const failingHost = () =>
		world.host({
			parameters: { options: { redeliveryPause: 0 } },
			step: async (_context, items) => (items.some(isBad) ? await Promise.reject(new Error('no')) : items),
		});

	test('five bad messages alone in the inbox look like it, and are parked after one attempt in each poll', async () => {
		await putBad(5);
		const host = failingHost();
		await host.activate();
		await host.settled();
		for (let poll = 1; poll <= 20; poll++) {
			await pollEachMinute(host, 1);
			expect(host.handedOver).toHaveLength(5 + poll);
		}
		expect(host.raised.map(({ message }) => message)).toEqual(
			Array(5).fill(expect.stringContaining('5 times without success and is parked')),
		);
		await pollEachMinute(host, 3);
		expect(host.handedOver).toHaveLength(25);
	}, 60_000);

	test('with a good message beside them in each poll they do not', async () => {
		await putBad(5);
		const host = failingHost();
		await host.activate();
		await host.settled();
		for (let poll = 1; poll <= 8; poll++) {
			await put();
			await pollEachMinute(host, 1);
		}
		expect(host.raised).toHaveLength(5);
		await until(() => inbox().length === 5, 'the acknowledgements');
	}, 60_000);

	test('an execution that goes on for hours does not hold up finding out', async () => {
		await put(6);
		const host = world.host({ runs: false });
		await host.activate();
		for (const ended of host.handedOver.slice(1)) ended.end('error', 'Step');
		await quiet();
		world.clock.advance(6 * MINUTE_MS); // whatever the poll of the activation waits for
		await quiet();
		const asks = async () => {
			const poll = host.poll();
			await quiet();
			world.clock.advance(6 * MINUTE_MS);
			await poll;
		};
		await asks();
		expect(host.handedOver).toHaveLength(7);
		host.handedOver[6]?.end('error', 'Step');
		await quiet();
		await asks();
		expect(host.handedOver).toHaveLength(8);
	});
});

test('whatever fails, hangs or is killed, every good message leaves the inbox within hours', async () => {
	const nature = fc.constantFrom('GOOD', 'GOOD', 'BAD', 'HANGS');
	const few = (natures: string[]) => natures.filter((one) => one === 'HANGS').length < 4;
	const mix = fc.array(nature, { minLength: 1, maxLength: 16, size: 'max' }).filter(few);
	await fc.assert(
		fc.asyncProperty(mix, fc.uniqueArray(fc.nat(12), { maxLength: 3 }), async (natures, kills) => {
			await world.fresh();
			const natureOf = new Map<string, string>();
			for (const workflowId of natures)
				natureOf.set(await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', workflowId }), workflowId);
			const goodOnes = () => inbox().filter((id) => natureOf.get(id) === 'GOOD');
			// A poll that does not wait for the ends, of which some never come.
			const options = { parameters: { options: { redeliveryPause: 0 } }, runs: false, budgetMs: 0 };
			const endThoseOf = async (host: ReturnType<TriggerWorld['host']>) => {
				for (const { messageIds, end } of host.handedOver.splice(0)) {
					const [is] = messageIds.map((id) => natureOf.get(id));
					if (is !== 'HANGS') end(is === 'GOOD' ? 'success' : 'error', 'Step');
				}
				await nextTurn();
				await host.settled();
			};
			let host = world.host(options);
			await host.activate();
			for (let poll = 0; poll < 120 && goodOnes().length > 0; poll++) {
				if (kills.includes(poll)) {
					const { saved } = host;
					world.restart();
					host = world.host({ ...options, saved });
					await host.activate('init');
				}
				await endThoseOf(host);
				world.clock.advance(MINUTE_MS);
				await host.poll();
			}
			expect(goodOnes()).toEqual([]);
		}),
		{ numRuns: cases(150) },
	);
}, 120_000);

describe('a host that cannot tell how an execution ended', () => {
	test("n8n's Engine 2.0 is refused at activation, with the policy that would work, and nothing is handed over or acknowledged", async () => {
		await put();
		for (const acknowledge of ['whenWorkflowSucceeds', 'whenWorkflowFinishes', 'immediatelyAfterDownload']) {
			const host = world.host({ parameters: { acknowledge }, settings: { engineType: 'v2' } });
			await expect(host.activate()).rejects.toThrow(/Engine 2\.0 does not tell.*'Later \(Acknowledge Operation\)'/);
			expect(host.handedOver).toEqual([]);
		}
		expect(inbox()).toHaveLength(1);
	});

	test('under Later it is used without waiting for an end: each message goes out once, and again after the set time', async () => {
		await put(3);
		const host = world.host({ parameters: { acknowledge: 'later' }, settings: { engineType: 'v2' }, runs: false });
		await host.activate();
		expect(host.promised).toEqual([false, false, false]);
		for (let poll = 0; poll < 3; poll++) {
			world.clock.advance(5 * MINUTE_MS);
			await host.poll();
		}
		expect(host.handedOver).toHaveLength(3);
		world.clock.advance(25 * 60 * MINUTE_MS);
		await host.poll();
		await host.poll();
		expect(host.handedOver.length).toBeGreaterThan(3);
		expect(inbox()).toHaveLength(3);
	});

	test('one that refuses the promise is told about at activation', async () => {
		await put();
		const host = world.host({ refuses: new UserError('Engine 2.0 cannot run a trigger that waits for its execution to finish yet.') });
		await expect(host.activate()).rejects.toThrow(/Engine 2\.0 cannot run a trigger that waits/);
		expect(inbox()).toHaveLength(1);
	});

	test('one that takes the promise and never settles it gets no message without end', async () => {
		await put();
		const host = world.host({ runs: false, isStarting: true });
		await host.activate();
		for (let minute = 0; minute < 24 * 60; minute += 5) {
			world.clock.advance(5 * MINUTE_MS);
			await nextTurn();
			await host.poll();
		}
		expect(host.handedOver.length).toBeLessThanOrEqual(4);
		expect(host.raised[0]).toMatchObject({ message: expect.stringContaining('has not said how any execution') });
		expect(inbox()).toHaveLength(1);
	}, 60_000);
});
