import { processId } from '../../nodes/Mesh/trigger/process';
import { sandboxCredential } from '../engine';
import { type HostOptions, MINUTE_MS, type TriggerWorld, quiet, until, useTriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

describe('delivering messages', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const put = async (content = 'hello') => await world.sandbox.putMessage({ to: 'X26ABC1', content });
	const inbox = () => world.sandbox.inbox('X26ABC1');
	const fails = async () => await Promise.reject(new Error('Patient 943 476 5919 is not known'));

	test('hands over IDs only, downloads in the execution, and acknowledges when the workflow has succeeded', async () => {
		const messageId = await put();
		const host = world.host({
			step: async (_context, items) => {
				expect(inbox()).toEqual([messageId]); // not before the end
				return items;
			},
		});
		await host.activate();
		await host.settled();
		expect(host.handedOver.map(({ items }) => items)).toEqual([
			[{ json: { messageId, deliveryAttempt: 1, mailboxId: 'X26ABC1', handedOverBy: processId } }],
		]);
		await until(() => inbox().length === 0, 'the acknowledgement');
		expect(world.calls()).toEqual(['handshake', 'list', 'download', 'acknowledge']);
	});

	test('acknowledges an execution that has gone to sleep in a Wait node, because n8n has stored it by then', async () => {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		host.handedOver[0]?.end('waiting', 'Wait');
		await until(() => inbox().length === 0, 'the acknowledgement');
	});

	test('leaves a message whose workflow failed in the inbox, pauses, and delivers it again with the next attempt', async () => {
		const messageId = await put();
		let failing = true;
		const host = world.host({ step: async (_context, items) => (failing ? await fails() : items) });
		await host.activate();
		await host.settled();
		await host.poll();
		world.clock.advance(4 * MINUTE_MS);
		await host.poll();
		expect(host.handedOver).toHaveLength(1); // the pause of five minutes is not over
		world.clock.advance(MINUTE_MS);
		failing = false;
		await host.poll();
		expect(host.handedOver.map(({ items }) => items[0]?.json)).toMatchObject([
			{ messageId, deliveryAttempt: 1 },
			{ messageId, deliveryAttempt: 2 },
		]);
		await until(() => inbox().length === 0, 'the acknowledgement');
		expect(host.raised).toEqual([]);
	});

	test('delivers again what a download was told is gone, while the inbox lists it', async () => {
		const messageId = await put();
		world.sandbox.arm({
			call: 'download',
			fault: { kind: 'status', status: 410, body: '{"detail":[{"event":"RECEIVE","code":"20","msg":"Message does not exist"}]}' },
		});
		const received: unknown[] = [];
		const host = world.host({
			step: async (_context, items) => {
				received.push(...items.map(({ json }) => json.messageId));
				return items;
			},
		});
		await host.activate();
		await host.settled();
		expect([received, inbox()]).toEqual([[], [messageId]]);
		world.clock.advance(5 * MINUTE_MS);
		await host.poll();
		await host.settled();
		await until(() => inbox().length === 0, 'the acknowledgement');
		expect(received).toEqual([messageId]);
	});

	test('parks what keeps failing, reports it once without a word of its content, and goes on with the others', async () => {
		const bad = await put('bad');
		const host = world.host({
			parameters: { options: { deliveryAttempts: 3 } },
			step: async (_context, items) => (items[0]?.json.messageId === bad ? await fails() : items),
		});
		await host.activate();
		for (let poll = 0; poll < 8; poll++) {
			await put();
			await host.settled();
			world.clock.advance(HOUR_MS);
			await host.poll();
		}
		await host.settled();
		expect(host.handedOver.filter(({ messageIds }) => messageIds[0] === bad).map(({ attempts }) => attempts)).toEqual([[1], [2], [3]]);
		await until(() => inbox().length === 1, 'the acknowledgement of all others');
		expect(inbox()).toEqual([bad]);
		expect(host.raised).toHaveLength(1);
		expect(host.raised[0]).toMatchObject({
			message: `MESH message ${bad} was handed to the workflow 3 times without success and is parked`,
			context: { data: { messageId: bad, attempts: 3, reason: 'failed', lastNode: 'Step' } },
		});
		expect(JSON.stringify(host.raised[0])).not.toContain('943 476');
	});

	test('starts a parked message again when a person activates the workflow, and counts on', async () => {
		await put();
		let failing = true;
		const host = world.host({
			parameters: { options: { deliveryAttempts: 1 } },
			step: async (_context, items) => (failing ? await fails() : items),
		});
		await host.activate();
		await host.settled();
		expect(host.raised).toHaveLength(1); // at once, not with the next poll
		world.clock.advance(HOUR_MS);
		await host.poll();
		expect(host.handedOver).toHaveLength(1);
		failing = false;
		await host.activate();
		await until(() => inbox().length === 0, 'the acknowledgement');
		expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
	});

	test('acknowledges what was delivered at the next poll when MESH refused at first, and does not deliver it again', async () => {
		const messageId = await put();
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'status', status: 500 } });
		const host = world.host();
		await host.activate();
		await host.settled();
		expect(inbox()).toEqual([messageId]);
		await host.poll();
		await until(() => inbox().length === 0, 'the acknowledgement');
		await host.poll();
		expect(host.handedOver).toHaveLength(1);
	});

	test('hands nothing more over while MESH takes no acknowledgements, and counts such polls as failed', async () => {
		for (let n = 0; n < 3; n++) await put();
		world.sandbox.arm({ call: 'acknowledge', times: 99, fault: { kind: 'status', status: 500 } });
		const host = world.host({ parameters: { options: { messagesInFlight: 1 } } });
		await host.activate();
		await host.settled();
		for (let poll = 0; poll < 3; poll++) {
			await host.poll();
			await host.settled();
		}
		expect(host.handedOver).toHaveLength(1);
		expect(host.raised.map(({ message }) => message)).toEqual([
			expect.stringContaining('Could not acknowledge the message: MESH reports a fault of its own'),
		]);
		world.sandbox.clearFaults();
		while (inbox().length > 0) {
			await host.poll();
			await host.settled();
		}
		expect(host.handedOver).toHaveLength(3);
	});

	test('is content when MESH no longer knows the message that it acknowledges', async () => {
		await put();
		world.sandbox.arm({
			call: 'acknowledge',
			fault: { kind: 'status', status: 404, body: '{"detail":[{"event":"RECEIVE","code":"20","msg":"Message does not exist"}]}' },
		});
		const host = world.host();
		await host.activate();
		await host.settled();
		await world.sandbox.reset();
		world.calls();
		await host.poll();
		expect(world.calls()).not.toContain('acknowledge');
	});

	test('sends no acknowledgement twice at once, when a poll comes while one is under way', async () => {
		await put();
		const host = world.host({ runs: false });
		await host.activate();
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'lateAnswer', ms: 300 } });
		host.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 0, 'the acknowledgement');
		await host.poll();
		await host.settled();
		expect(world.calls().filter((call) => call === 'acknowledge')).toHaveLength(1);
	});

	test('forgets a message that somebody else has acknowledged meanwhile', async () => {
		await put();
		const host = world.host({ step: fails });
		await host.activate();
		await host.settled();
		await world.sandbox.reset();
		world.clock.advance(HOUR_MS);
		await host.poll();
		expect(host.handedOver).toHaveLength(1);
		expect(host.saved).toMatchObject({ 'node:MESH': { ledger: { messages: [expect.stringMatching(/^running 1 1 - /)] } } }); // saved with the hand-over
	});

	test('does not count an execution that n8n could not start, stops handing over for this poll, and tries again with the next', async () => {
		await put();
		await put();
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 1 } } });
		await host.activate();
		host.handedOver[0]?.reject(new Error('Published version not found for workflow'));
		await quiet();
		expect(host.handedOver).toHaveLength(1);
		void host.poll();
		await until(() => host.handedOver.length === 2, 'the second hand-over');
		expect(host.handedOver[1]).toMatchObject({ messageIds: host.handedOver[0]?.messageIds, attempts: [1] });
	});

	test('counts an execution that a person stopped, and never acknowledges it', async () => {
		const messageId = await put();
		const host = world.host({ runs: false });
		await host.activate();
		const stopped = Object.assign(new Error('The execution was cancelled manually'), { name: 'ManualExecutionCancelledError' });
		host.handedOver[0]?.reject(stopped);
		await quiet();
		world.clock.advance(HOUR_MS);
		await host.poll();
		expect(host.handedOver[1]).toMatchObject({ messageIds: [messageId], attempts: [2] });
		expect(inbox()).toEqual([messageId]);
	});

	test('gives several messages to one execution where wanted, and after a failure delivers each on its own', async () => {
		const messageIds = [await put('a'), await put('bad'), await put('c')];
		const host = world.host({
			parameters: { options: { messagesPerExecution: 10 } },
			step: async (_context, items) => (items.some(({ json }) => json.messageId === messageIds[1]) ? await fails() : items),
		});
		await host.activate();
		await host.settled();
		expect(inbox()).toEqual(messageIds);
		world.clock.advance(HOUR_MS);
		await host.poll();
		await host.settled();
		expect(host.handedOver.map((handedOver) => handedOver.messageIds)).toEqual([
			messageIds,
			[messageIds[0]],
			[messageIds[1]],
			[messageIds[2]],
		]);
		await until(() => inbox().length === 1, 'the acknowledgement of the good ones');
		expect(inbox()).toEqual([messageIds[1]]);
	});

	test('gives a lost execution up in the end, so that its place is not blocked for ever', async () => {
		await put();
		const host = world.host({ runs: false, parameters: { options: { longestExecution: 2, messagesInFlight: 1 } } });
		await host.activate();
		world.clock.advance(2 * HOUR_MS);
		await host.poll();
		world.clock.advance(5 * MINUTE_MS);
		await host.poll();
		expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
	});

	test('hands over again what n8n has not begun, although it says nothing of that, and counts no attempt', async () => {
		const [first, second] = [await put(), await put()];
		const host = world.host({ runs: false, isStarting: true, parameters: { options: { messagesInFlight: 2 } } });
		await host.activate();
		host.handedOver[1]?.start();
		world.clock.advance(14 * MINUTE_MS);
		await host.poll();
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[first], [second]]);

		world.clock.advance(MINUTE_MS);
		await quiet();
		await host.poll();
		expect(host.handedOver.map(({ messageIds, attempts }) => [messageIds, attempts])).toEqual([
			[[first], [1]],
			[[second], [1]],
			[[first], [1]],
		]);
	});

	test('acknowledges what n8n began late, after all', async () => {
		await put();
		const host = world.host({ runs: false, isStarting: true });
		await host.activate();
		world.clock.advance(15 * MINUTE_MS);
		await quiet();
		await host.poll();
		expect(host.handedOver).toHaveLength(2);
		host.handedOver[0]?.start();
		host.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 0, 'the acknowledgement');
	});

	test('acknowledges in the old mailbox what came from it, although the credential names another one by then', async () => {
		const old = await put();
		const host = world.host({ runs: false });
		await host.activate();
		const other = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'other' });
		await host.activate('update', { credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC2') } });
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[old], [other]]);
		expect(host.saved).toMatchObject({ 'node:MESH': { ledger: { mailboxId: 'X26ABC2', messages: [`running 1 1 - ${other}`] } } });
		host.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 0, 'the acknowledgement in the old mailbox');
		expect(world.sandbox.inbox('X26ABC2')).toEqual([other]);
	});
});

describe('a non-delivery report', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

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
