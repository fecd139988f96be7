import { MINUTE_MS, startTriggerWorld, until, type HostOptions, type TriggerWorld } from './host';

let world: TriggerWorld;
beforeAll(async () => {
	world = await startTriggerWorld();
});
beforeEach(async () => await world.fresh());
afterAll(async () => await world.close());

const inbox = () => world.sandbox.inbox('X26ABC1');
const report = async () =>
	await world.sandbox.putReport({ to: 'X26ABC1', linkedMessageId: '20260101000000000001_ABCDEF', workflowId: 'GP_LETTER', code: '14' });
const message = async () => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
const hostOf = (parameters: object = {}, more: HostOptions = {}) =>
	world.host({ parameters: parameters as never, node: { typeVersion: 1.1 }, ...more });

async function pollFor(host: ReturnType<TriggerWorld['host']>, minutes: number, interval = 5): Promise<void> {
	for (let minute = 0; minute < minutes; minute += interval) {
		world.clock.advance(interval * MINUTE_MS);
		await host.poll();
		await host.settled();
	}
}

/** Ends of the executions, as n8n's list shows them. */
async function start(host: ReturnType<TriggerWorld['host']>): Promise<void> {
	await host.activate();
	await host.settled();
}

describe('a non-delivery report', () => {
	test.each(['whenWorkflowSucceeds', 'whenWorkflowFinishes', 'immediatelyAfterDownload', 'later'])(
		'fails its execution once, with its own words, and is then acknowledged (%s)',
		async (acknowledge) => {
			const id = await report();
			const host = hostOf({ acknowledge });
			await start(host);
			expect(host.failures).toEqual([
				expect.objectContaining({
					message: expect.stringMatching(/^Message 20260101000000000001_ABCDEF that you sent was not delivered: .+ \(code 14\)$/),
					description: expect.stringContaining(`report ${id}, workflow ID GP_LETTER`),
				}),
			]);
			expect(inbox()).toEqual([]);
			await pollFor(host, 60);
			await pollFor(host, 30 * 60, 30);
			expect(host.handedOver).toHaveLength(1);
			expect(host.raised).toEqual([]);
		},
	);

	test('is recognised as told in queue mode, where the end of an execution holds the error as plain data', async () => {
		await report();
		const host = hostOf({}, { runs: false });
		await host.activate();
		const run = await host.handedOver[0]?.run(true);
		expect(run?.status).toBe('error');
		await host.settled();
		expect(inbox()).toEqual([]);
	});

	test('that cannot be acknowledged yet is not told again', async () => {
		await report();
		world.sandbox.arm({ call: 'acknowledge', times: 3, fault: { kind: 'status', status: 408 } });
		const host = hostOf();
		await start(host);
		await pollFor(host, 60);
		expect(host.handedOver).toHaveLength(1);
		expect(inbox()).toEqual([]);
	});

	test('takes no message with it where several share an execution', async () => {
		const ids = [await message(), await report(), await message(), await message(), await report()];
		const host = hostOf({ options: { messagesPerExecution: 10 } });
		await start(host);
		await pollFor(host, 10);
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[ids[0]], [ids[1]], [ids[2], ids[3]], [ids[4]]]);
		expect(host.failures).toHaveLength(2);
		expect(inbox()).toEqual([]);
	});

	test('whose headers could not be asked for never has a message acknowledged that the workflow did not get', async () => {
		await message();
		const id = await report();
		world.sandbox.arm({ call: 'head', times: 99, fault: { kind: 'status', status: 500 } });
		const host = hostOf({ options: { messagesPerExecution: 10 } });
		await start(host);
		expect(inbox()).toHaveLength(2); // failed together, in the trigger
		world.sandbox.clearFaults();
		await pollFor(host, 30);
		expect(inbox()).toEqual([]);
		expect(host.failures.map(({ description }) => description?.includes(id))).toEqual([true, true]); // together, then alone
		expect(host.stepped).toBe(1);
	});

	test('stays in the inbox where it is to be ignored, starts nothing, and does not hold up messages', async () => {
		const [left, ...rest] = [await report(), await message(), await report(), await message()];
		const host = hostOf({ reports: 'leave', options: { messagesInFlight: 1 } });
		await start(host);
		await pollFor(host, 60);
		expect(host.handedOver.flatMap(({ messageIds }) => messageIds).sort()).toEqual([rest[0], rest[2]].sort());
		expect(inbox()).toEqual([left, rest[1]]);
		expect(host.failures).toEqual([]);
		expect(world.calls().filter((call) => call === 'head').length).toBeLessThanOrEqual(4); // asked once for each
	});

	test('that is to be ignored starts nothing while its headers cannot be had, nor does a message, and neither is acknowledged', async () => {
		const [left, wanted] = [await report(), await message()];
		world.sandbox.arm({ call: 'head', times: 99, fault: { kind: 'status', status: 500 } });
		const host = hostOf({ reports: 'leave' });
		await start(host);
		await pollFor(host, 10);
		expect([host.handedOver, inbox()]).toEqual([[], [left, wanted]]);
		world.sandbox.clearFaults();
		await pollFor(host, 30); // the pauses between attempts have grown
		await until(() => inbox().length === 1, 'the delivery');
		expect(inbox()).toEqual([left]);
	});

	test.each([
		['chosen', 1.1, { reports: 'output' }],
		['in a workflow of version 1, as before', 1, {}],
	])('goes out on Reports where that is %s', async (_what, typeVersion, parameters) => {
		await report();
		const host = world.host({ parameters: parameters as never, node: { typeVersion } });
		await start(host);
		expect(host.failures).toEqual([]);
		expect(host.outputs).toEqual([[0, 1]]); // messages, reports
		expect(inbox()).toEqual([]);
	});
});
