import { MINUTE_MS, startTriggerWorld, until, type TriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

describe('when messages are acknowledged', () => {
	let world: TriggerWorld;
	beforeAll(async () => {
		world = await startTriggerWorld();
	});
	beforeEach(async () => {
		await world.sandbox.reset();
		world.restart();
	});
	afterAll(async () => await world.close());

	const put = async () => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'hello' });
	const inbox = () => world.sandbox.inbox('X26ABC1');
	const fails = async () => await Promise.reject(new Error('no'));

	describe('when the workflow finishes', () => {
		const parameters = { acknowledge: 'whenWorkflowFinishes' };

		test('acknowledges although a node after the trigger has failed', async () => {
			await put();
			const host = world.host({ parameters, step: fails });
			await host.activate();
			await until(() => inbox().length === 0, 'the acknowledgement');
		});

		test('does not acknowledge what the trigger could not download, because the workflow never had it', async () => {
			const messageId = await put();
			world.sandbox.arm({ call: 'download', times: 9, fault: { kind: 'emptyForbidden' } });
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			expect(inbox()).toEqual([messageId]);
			world.sandbox.clearFaults();
			world.clock.advance(HOUR_MS);
			await host.poll();
			await until(() => inbox().length === 0, 'the acknowledgement');
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});

		test.each(['canceled', 'crashed'] as const)('does not acknowledge an execution that was %s', async (status) => {
			const messageId = await put();
			const host = world.host({ parameters, runs: false });
			await host.activate();
			host.handedOver[0]?.end(status, 'Step');
			await host.settled();
			expect(inbox()).toEqual([messageId]);
		});
	});

	describe('immediately after download', () => {
		const parameters = { acknowledge: 'immediatelyAfterDownload' };

		test('acknowledges before the next node runs, and does not deliver again when that fails', async () => {
			await put();
			const seen: string[][] = [];
			const host = world.host({
				parameters,
				step: async () => {
					seen.push(inbox());
					return await fails();
				},
			});
			await host.activate();
			await host.settled();
			expect(seen).toEqual([[]]);
			world.clock.advance(HOUR_MS);
			await host.poll();
			world.clock.advance(HOUR_MS);
			await host.poll();
			expect(host.handedOver).toHaveLength(1);
			expect(world.calls().filter((call) => call === 'acknowledge')).toHaveLength(1); // not once more by the poll
		});

		test('does not fail the execution when the acknowledgement fails, and the next poll that still sees the message makes up for it', async () => {
			await put();
			world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'status', status: 500 } });
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			expect(inbox()).toHaveLength(1);
			await host.poll();
			await until(() => inbox().length === 0, 'the acknowledgement');
			expect(host.handedOver).toHaveLength(1);
		});

		test('acknowledges none of several messages before all of them are stored', async () => {
			const messageIds = [await put(), await put()];
			world.sandbox.arm({ call: 'download', path: messageIds[1] ?? '', times: 9, fault: { kind: 'emptyForbidden' } });
			const host = world.host({ parameters: { ...parameters, options: { messagesPerExecution: 2 } } });
			await host.activate();
			await host.settled();
			expect(inbox()).toEqual(messageIds);
		});
	});

	describe('later, by the workflow', () => {
		const parameters = { acknowledge: 'later' };

		test('acknowledges nothing, and does not hand over again what waits', async () => {
			const messageId = await put();
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			for (let poll = 0; poll < 3; poll++) {
				world.clock.advance(7 * HOUR_MS);
				await host.poll();
			}
			expect(inbox()).toEqual([messageId]);
			expect(host.handedOver).toHaveLength(1);
		});

		test('hands over again after a day, for a workflow that has forgotten it', async () => {
			await put();
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			world.clock.advance(24 * HOUR_MS);
			await host.poll();
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});

		test('never hands over again when the option says so', async () => {
			await put();
			const host = world.host({ parameters: { ...parameters, options: { redeliverAfter: 0 } } });
			await host.activate();
			await host.settled();
			world.clock.advance(100 * HOUR_MS);
			await host.poll();
			expect(host.handedOver).toHaveLength(1);
		});

		test('delivers again after a failed execution, as always', async () => {
			await put();
			const host = world.host({ parameters, step: fails });
			await host.activate();
			await host.settled();
			world.clock.advance(HOUR_MS);
			await host.poll();
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});
	});
});
