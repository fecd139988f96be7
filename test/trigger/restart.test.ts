import type { IDataObject } from 'n8n-workflow';
import { MINUTE_MS, quiet, startTriggerWorld, until, type TriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

describe('after a restart of n8n', () => {
	let world: TriggerWorld;
	beforeAll(async () => {
		world = await startTriggerWorld();
	});
	beforeEach(async () => await world.fresh());
	afterAll(async () => await world.close());

	const put = async () => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
	const inbox = () => world.sandbox.inbox('X26ABC1');
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
