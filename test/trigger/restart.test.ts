import type { IDataObject } from 'n8n-workflow';
import { processId } from '../../nodes/Mesh/trigger/process';
import { execute } from '../engine';
import { MINUTE_MS, type TriggerWorld, quiet, until, useTriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;
let world: TriggerWorld;
useTriggerWorld((started) => (world = started));

const put = async (count = 1) => {
	for (let n = 0; n < count; n++) await world.sandbox.putMessage({ to: 'X26ABC1', content: `${n}` });
};
const inbox = () => world.sandbox.inbox('X26ABC1');

describe.each(['SIGTERM', 'SIGINT'] as const)('when n8n is told to stop by %s', (signal) => {
	const hostsOwn = () => {}; // n8n has a listener of its own
	beforeEach(() => {
		process.on(signal, hostsOwn);
	});
	afterEach(() => {
		process.removeListener(signal, hostsOwn);
	});

	test('nothing more is handed over, what runs may still be acknowledged, and what is cut off does not lose an attempt', async () => {
		await put(30);
		const host = world.host({ runs: false });
		await host.activate();
		expect(host.handedOver).toHaveLength(10);
		process.emit(signal, signal);
		host.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 29, 'the acknowledgement');
		host.handedOver[1]?.end('error', 'Code');
		await quiet();
		world.clock.advance(10 * MINUTE_MS);
		await host.poll();
		expect(host.handedOver).toHaveLength(10);
		expect(host.raised).toEqual([]);

		const { saved } = host;
		world.restart();
		const after = world.host({ saved, runs: false });
		await after.activate('init');
		world.clock.advance(60 * MINUTE_MS);
		await after.activate('init');
		const lines = (after.saved['node:MESH'] as { ledger: { messages: string[] } }).ledger.messages;
		expect(lines.filter((line) => /^(failed|suspect|running) [2-9] [2-9]/.test(line))).toEqual([]); // hand-overs go on counting, rounds do not
	});

	test('five restarts park no message that was only in flight', async () => {
		await put(20);
		let saved = {};
		for (let restart = 0; restart < 5; restart++) {
			const host = world.host({ saved, runs: false });
			await host.activate('init');
			world.clock.advance(7 * 60 * MINUTE_MS);
			await host.activate('init'); // a poll that does not wait for the ends
			process.emit(signal, signal);
			({ saved } = host);
			world.restart();
		}
		const host = world.host({ saved });
		await host.activate('init');
		for (let hour = 0; hour < 30; hour++) {
			world.clock.advance(60 * MINUTE_MS);
			await host.poll();
			await host.settled();
		}
		expect(host.raised).toEqual([]);
		await until(() => inbox().length === 0, 'the deliveries');
	}, 60_000);
});

test('a process without a listener of its own still ends by the signal', async () => {
	const host = world.host();
	await host.activate();
	const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
	const others = process.listeners('SIGTERM').slice(0, -1);
	for (const other of others) process.removeListener('SIGTERM', other);
	process.emit('SIGTERM', 'SIGTERM');
	for (const other of others) process.on('SIGTERM', other);
	expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
	kill.mockRestore();
});

describe('an execution that n8n runs although its hand-over was written off', () => {
	const items = (handedOverBy: unknown, messageId = inbox()[0]) => [
		{ json: { messageId, deliveryAttempt: 1, mailboxId: 'X26ABC1', ...(handedOverBy === undefined ? {} : { handedOverBy }) } },
	];
	async function run(handedOverBy: unknown, mode: 'trigger' | 'retry' = 'trigger') {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		const step: number[] = [];
		const ended = await execute((host as unknown as { workflow: Parameters<typeof execute>[0] }).workflow, {
			start: 'MESH',
			items: items(handedOverBy) as never,
			mode,
		});
		return { status: ended.status, step, delivered: ended.data.resultData.runData.Step?.length ?? 0 };
	}

	test('after a restart does nothing, since the message is handed over again', async () => {
		expect(await run('another process')).toMatchObject({ status: 'success', delivered: 0 });
	});

	test.each([
		['of this process', processId],
		['of a version that did not say', undefined],
	])('%s is processed', async (_what, handedOverBy) => {
		expect(await run(handedOverBy)).toMatchObject({ status: 'success', delivered: 1 });
	});

	test('is processed when a person retries it', async () => {
		expect(await run('another process', 'retry')).toMatchObject({ delivered: 1 });
	});

	test.each(['EXECUTIONS_MODE', 'argv'])(
		'is processed in queue mode, where executions outlive the main process (told by %s)',
		async (by) => {
			if (by === 'argv') process.argv.push('worker');
			else process.env.EXECUTIONS_MODE = 'queue';
			try {
				expect(await run('another process')).toMatchObject({ delivered: 1 });
			} finally {
				if (by === 'argv') process.argv.pop();
				else delete process.env.EXECUTIONS_MODE;
			}
		},
	);
});

describe('after a restart of n8n', () => {
	const put = async () => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
	const lines = (saved: IDataObject) => (saved['node:MESH'] as { ledger: { messages: string[] } }).ledger.messages;

	test('what was in flight when it was killed is delivered again after a pause, with the attempt that n8n had saved before', async () => {
		await put();
		const before = world.host({ runs: false });
		await before.activate();
		const saved = before.handedOver[0]?.saved ?? {};
		world.restart();

		const after = world.host({ saved });
		await after.activate('init');
		expect(after.handedOver).toEqual([]);
		world.clock.advance(5 * MINUTE_MS);
		await after.poll();
		expect(after.handedOver.map(({ attempts }) => attempts)).toEqual([[2]]);
		await until(() => inbox().length === 0, 'the acknowledgement');
	});

	test('a message that kills n8n each time is parked after its attempts, and reported', async () => {
		const messageId = await put();
		let saved: IDataObject = {};
		for (let attempt = 1; attempt <= 6; attempt++) {
			// the first stop is charged to nobody
			const host = world.host({ runs: false, saved });
			await host.activate('init');
			world.clock.advance(6 * HOUR_MS);
			await host.poll();
			expect(host.handedOver.at(-1)?.attempts).toEqual([attempt]);
			({ saved } = host.handedOver.at(-1) ?? { saved });
			world.restart();
		}
		const host = world.host({ runs: false, saved });
		await host.activate('init');
		world.clock.advance(99 * HOUR_MS);
		await host.poll();
		expect(host.handedOver).toEqual([]);
		expect(host.raised).toHaveLength(1);
		expect(host.raised[0]).toMatchObject({ context: { data: { messageId, attempts: 6, reason: 'interrupted' } } });
	});

	test('parked messages stay parked and are not reported again; only activating by a person starts them anew', async () => {
		await put();
		const before = world.host({
			parameters: { options: { deliveryAttempts: 1 } },
			step: async () => await Promise.reject(new Error('no')),
		});
		await before.activate();
		await before.settled();
		await before.activate('update'); // saves after activation, and starts the message once more
		await before.settled();
		await put();
		await before.poll();
		const { saved } = before;
		world.restart();

		const after = world.host({ saved, parameters: { options: { deliveryAttempts: 1 } } });
		await after.activate('init');
		world.clock.advance(99 * HOUR_MS);
		await after.poll();
		expect(after.raised.map(({ message }) => message)).toEqual([expect.stringContaining('was handed to the workflow once')]); // the one in flight
		await after.activate('activate');
		await until(() => inbox().length === 0, 'all acknowledgements');
	});

	test('the number of attempts of every message is on record at the moment of the hand-over', async () => {
		await put();
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		expect(host.handedOver.map(({ saved }) => lines(saved).length)).toEqual([1, 2]);
		expect(lines(host.saved)).toEqual(inbox().map((id) => `running 1 1 - ${id}`));
	});

	test('nothing secret is in what n8n has saved', async () => {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		expect(JSON.stringify(host.saved)).not.toMatch(/password|TestKey|BEGIN|NHSMESH/);
	});

	test.each([
		{ 'node:MESH': { ledger: 'garbage' } },
		{ 'node:MESH': { ledger: { mailboxId: 'X26ABC1', process: 1, version: 1, messages: [{}, 'x'] } } },
		{ 'node:MESH': { ledger: { mailboxId: 'X26ABC9' } } },
	])('static data that cannot be read (%j) only means that messages are delivered anew', async (saved) => {
		await put();
		const host = world.host({ saved });
		await host.activate('init');
		expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1]]);
		await until(() => inbox().length === 0, 'the acknowledgement');
	});

	test('the record of another mailbox says nothing about this one', async () => {
		const messageId = await put();
		const host = world.host({
			saved: {
				'node:MESH': { ledger: { version: 1, mailboxId: 'X26ABC2', process: 'x', messages: [`reported 5 5 failed ${messageId}`] } },
			},
		});
		await host.activate('init');
		expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1]]);
		await until(() => inbox().length === 0, 'the acknowledgement');
	});

	test('what another main process has handed over meanwhile is not handed over at once a second time', async () => {
		const messageId = await put();
		const mine = world.host({ runs: false });
		await mine.activate('leadershipChange');
		mine.handedOver[0]?.end('error', 'Step');
		await quiet();
		mine.saved = {
			'node:MESH': { ledger: { version: 1, mailboxId: 'X26ABC1', process: 'another', messages: [`running 3 3 - ${messageId}`] } },
		};
		world.clock.advance(HOUR_MS);
		await mine.activate('leadershipChange');
		expect(mine.handedOver).toHaveLength(1); // due here, but the other process may still be at it
		world.clock.advance(HOUR_MS);
		await mine.poll();
		expect(mine.handedOver.at(-1)?.attempts).toEqual([4]);
	});
});
