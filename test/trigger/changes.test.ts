import { sandboxCredential } from '../engine';
import { handOver, noteAcknowledged, noteEnd, noteListing, type DeliveryRules } from '../../nodes/Mesh/trigger/deliveries';
import { openLedger, writeCheckpoint, type Ledger, type Ledgers } from '../../nodes/Mesh/trigger/ledger';
import { newSession, sessionCount } from '../../nodes/Mesh/trigger/session';
import { heldPause } from '../support/fakeClock';
import { MINUTE_MS, quiet, until, type Host, type TriggerWorld, useTriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

let world: TriggerWorld;
useTriggerWorld((started) => (world = started));

const put = async (workflowId = 'WF_A') => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', workflowId });
const inbox = (mailboxId = 'X26ABC1') => world.sandbox.inbox(mailboxId);
const only = (workflowFilterText: string) => ({ workflowFilterMode: 'equals', workflowFilterText });
const pollFor = async (host: Host, minutes: number) => await world.pollFor(host, minutes);

describe('what was listed belongs to the filter, the mailbox and the credential that it was listed under', () => {
	const slow = { options: { messagesInFlight: 1, inboxCheckInterval: 60 } };

	test('a narrower filter drops what waits and lists anew, although the interval has not passed', async () => {
		const mine = await put('WF_A');
		await put('WF_B');
		await put('WF_B');
		const host = world.host({ parameters: slow, runs: false });
		await host.activate();
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[mine]]);
		await host.activate('update', { parameters: { ...slow, ...only('WF_A') } });
		host.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 2, 'the acknowledgement');
		await pollFor(host, 10);
		expect(host.handedOver).toHaveLength(1);
	});

	test('and hands nothing over where the new list cannot be had', async () => {
		await put('WF_A');
		await put('WF_B');
		const host = world.host({ parameters: slow, runs: false });
		await host.activate();
		world.sandbox.arm({ call: 'list', times: 99, fault: { kind: 'status', status: 503 } });
		await host.activate('update', { parameters: { ...slow, ...only('WF_A') } });
		host.handedOver[0]?.end('success', 'Step');
		await quiet();
		await host.poll();
		expect(host.handedOver).toHaveLength(1);
	});

	test('a changed password lists anew, and what is in flight stays in flight', async () => {
		await put();
		await put();
		const host = world.host({ parameters: slow, runs: false });
		await host.activate();
		world.calls();
		await host.activate('update', {
			credentials: {
				meshApi: sandboxCredential(world.sandbox, 'X26ABC1', {
					caCertificates: `${sandboxCredential(world.sandbox).caCertificates as string}\n`,
				}),
			},
		});
		expect(world.calls()).toContain('list');
		expect(host.handedOver).toHaveLength(1);
	});

	test('an acknowledgement that is owed is not dropped because a narrower list does not show its message', async () => {
		const id = await put('WF_B');
		const host = world.host({ runs: false });
		await host.activate();
		world.sandbox.arm({ call: 'acknowledge', times: 5, fault: { kind: 'status', status: 408 } });
		host.handedOver[0]?.end('success', 'Step');
		await quiet();
		expect(inbox()).toEqual([id]);
		await host.activate('update', { parameters: only('WF_A') });
		await pollFor(host, 10);
		await until(() => inbox().length === 0, 'the acknowledgement');
		expect(host.handedOver).toHaveLength(1);
	});

	test('a change of the mailbox there and back hands nothing over that still runs, nor as attempt 1 what has failed', async () => {
		const [running, failing] = [await put(), await put()];
		const host = world.host({ runs: false });
		await host.activate();
		host.handedOver[1]?.end('error', 'Step');
		await quiet();
		await host.activate('update', { credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC2') } });
		await host.poll();
		await host.activate('update', { credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1') } });
		await pollFor(host, 10);
		expect(host.handedOver.map(({ messageIds, attempts }) => [messageIds[0], attempts[0]])).toEqual([
			[running, 1],
			[failing, 1],
			[failing, 2],
		]);
		host.handedOver[0]?.end('success', 'Step');
		await until(() => !inbox().includes(running), 'the acknowledgement');
	});

	test.each([
		['the mailbox', 'X26ABC2', {}],
		['the filter', 'X26ABC1', only('WF_B')],
	])('a change of %s there and back forgets no attempt, although n8n is restarted meanwhile', async (_what, mailboxId, parameters) => {
		const other = { credentials: { meshApi: sandboxCredential(world.sandbox, mailboxId) }, parameters };
		const id = await put('WF_A');
		const before = world.host({ runs: false });
		await before.activate();
		before.handedOver[0]?.end('error', 'Step');
		await quiet();
		await before.activate('update', other);
		await pollFor(before, 10);
		world.restart();
		const host = world.host({ runs: false, saved: before.saved, ...other });
		await host.activate('init');
		await pollFor(host, 10);
		await host.activate('update', { credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1') }, parameters: {} });
		await pollFor(host, 11);
		expect(before.handedOver).toHaveLength(1);
		expect(host.handedOver.map(({ messageIds, attempts }) => [messageIds, attempts])).toEqual([[[id], [2]]]);
	});
});

test('the ledger of a former mailbox is written down anew only when it has changed', () => {
	const staticData: { former?: Array<{ messages: string[]; leftAt: number }> } = {};
	const context = { getWorkflowStaticData: () => staticData };
	const session: Ledgers = { former: new Map() };
	const rules: DeliveryRules = {
		maximumInFlight: 2,
		messagesPerExecution: 1,
		deliveryAttempts: 5,
		pauseMs: 0,
		afterSuccess: 'acknowledge',
		longestExecutionMs: HOUR_MS,
	};
	const use = (mailboxId: string, now: number) =>
		openLedger(context, session, { mailboxId, origin: 'https://mesh' }, { filter: '', credential: '' }, now, rules);
	const written = (ledger: Ledger, now: number) => {
		writeCheckpoint(context, session, ledger, now);
		return staticData.former?.[0];
	};
	const former = use('A', 1);
	const listed = noteListing(former.deliveries, { number: 1, messageIds: ['one', 'two'], complete: true });
	const first = handOver(listed, 1, rules);
	const second = handOver(first.deliveries, 1, rules);
	former.deliveries = second.deliveries;
	const present = use('B', 2);

	const before = written(present, 2);
	expect(before).toMatchObject({ messages: ['running 1 1 - one', 'running 1 1 - two'], leftAt: 2 });
	expect(written(present, 3)).toBe(before);
	former.deliveries = noteEnd(former.deliveries, first.batch, { kind: 'delivered' }, 3, rules);
	expect(written(present, 4)).toMatchObject({ messages: ['delivered 1 1 - one', 'running 1 1 - two'], leftAt: 2 });
	former.deliveries = noteAcknowledged(former.deliveries, 'one');
	expect(written(present, 5)).toMatchObject({ messages: ['running 1 1 - two'], leftAt: 2 });

	use('A', 6);
	expect(written(use('B', 7), 7)).toMatchObject({ messages: ['running 1 1 - two 6'], leftAt: 7 });
});

describe('in queue mode, where a worker may go on while the main process is restarted', () => {
	beforeAll(() => (process.env.EXECUTIONS_MODE = 'queue'));
	afterAll(() => delete process.env.EXECUTIONS_MODE);

	test('a message in flight is not handed over again before its execution counts as lost, and that is told', async () => {
		const id = await put();
		const before = world.host({ runs: false });
		await before.activate();
		world.restart();
		const host = world.host({ runs: false, saved: before.saved, parameters: { options: { longestExecution: 3 } } });
		await host.activate('init');
		const next = await put();
		expect(await pollFor(host, 170)).toEqual([60]);
		expect(host.raised[0]).toMatchObject({
			message: expect.stringContaining(`how the execution of message ${id} ended`),
			description: expect.stringContaining('3 hours have passed'),
		});
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[next]]);
		host.handedOver[0]?.end('success', 'Step');
		await host.settled();
		await pollFor(host, 20);
		expect(host.handedOver.map(({ messageIds, attempts }) => [messageIds, attempts])).toEqual([
			[[next], [1]],
			[[id], [2]],
		]);
	}, 60_000);

	test('and is forgotten when the worker has acknowledged it', async () => {
		const id = await put();
		const before = world.host({ runs: false });
		await before.activate();
		world.restart();
		const host = world.host({ runs: false, saved: before.saved });
		await host.activate('init');
		await world.sandbox.reset();
		expect(await pollFor(host, 70)).toEqual([]);
		expect(host.handedOver).toEqual([]);
		expect(inbox()).not.toContain(id);
	}, 60_000);
});

describe('a message in flight is not handed over by the successor of its trigger', () => {
	test.each([
		['which was deleted and added again', { node: { id: 'another', name: 'MESH' } }],
		['which was renamed', { node: { id: 'another', name: 'MESH' }, saved: {} }],
	])('%s', async (_what, change) => {
		await put();
		const before = world.host({ runs: false });
		await before.activate();
		const { saved } = before;
		const after = world.host({ saved, ...change, runs: false });
		await after.activate();
		await pollFor(after, 60);
		expect(after.handedOver).toEqual([]);
		before.handedOver[0]?.end('success', 'Step');
		await until(() => inbox().length === 0, 'the acknowledgement');
		await pollFor(after, 60);
		expect(after.handedOver).toEqual([]);
	});

	test('which is another trigger when the first has failed with it', async () => {
		await put();
		const before = world.host({ runs: false });
		await before.activate();
		const after = world.host({ node: { id: 'another', name: 'MESH' } });
		await after.activate();
		before.handedOver[0]?.end('error', 'Step');
		await quiet();
		await pollFor(after, 1); // and no more: the clock would run on while the message is being downloaded
		await after.settled();
		expect(inbox()).toEqual([]);
	});
});

describe('clocks', () => {
	test('a time that a wrong clock has written holds nothing up for longer than a pause', async () => {
		const id = await put();
		const farAhead = world.clock.now() + 24 * 365 * HOUR_MS;
		for (const line of [`failed 1 1 ${farAhead}`, `suspect 1 1 ${farAhead}`, 'running 1 1 -']) {
			world.restart();
			const host = world.host({
				runs: false,
				saved: { 'node:MESH': { ledger: { version: 1, mailboxId: 'X26ABC1', process: 'x', messages: [`${line} ${id}`] } } },
			});
			await host.activate('init');
			await pollFor(host, 11);
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[2]]);
		}
	});
});

describe('acknowledgements that MESH refuses', () => {
	test.each([403, 400, 302])(
		'for good (%d) are told at once, then once an hour, with what to do, and sent again at most once an hour',
		async (status) => {
			const id = await put();
			world.sandbox.arm({ call: 'acknowledge', times: 9999, fault: { kind: 'status', status } });
			const host = world.host();
			await host.activate();
			await host.settled();
			expect(await pollFor(host, 200)).toEqual([1, 61, 121, 181]);
			expect(host.raised[0]).toMatchObject({
				message: expect.stringContaining(`MESH does not let go of message ${id}`),
				description: expect.stringContaining('five days'),
			});
			expect(world.calls().filter((call) => call === 'acknowledge').length).toBeLessThan(10);
			expect(host.handedOver).toHaveLength(1);
			world.sandbox.clearFaults();
			await pollFor(host, 61);
			await until(() => inbox().length === 0, 'the acknowledgement');
		},
		60_000,
	);

	test('are neither forgotten nor told again at once after a restart of n8n', async () => {
		const id = await put();
		world.sandbox.arm({ call: 'acknowledge', times: 9999, fault: { kind: 'status', status: 403 } });
		const before = world.host();
		await before.activate();
		await before.settled();
		expect(await pollFor(before, 30)).toEqual([1]);
		await before.activate('update'); // n8n saves what the trigger remembers
		world.restart();
		world.calls();
		const host = world.host({ saved: before.saved });
		await host.activate('init');
		expect(await pollFor(host, 60)).toEqual([31]);
		expect(host.raised[0]).toMatchObject({ message: expect.stringContaining(`MESH does not let go of message ${id}`) });
		expect(world.calls().filter((call) => call === 'acknowledge').length).toBeLessThan(4);
		expect(host.handedOver).toEqual([]);
	}, 60_000);

	test('or takes without heeding them are told, too', async () => {
		const id = await put();
		world.sandbox.arm({ call: 'acknowledge', times: 9999, fault: { kind: 'status', status: 200, body: '' } });
		const host = world.host();
		await host.activate();
		await host.settled();
		const raised = await pollFor(host, 70);
		expect(raised.length).toBe(2);
		expect(host.raised[0]).toMatchObject({ message: expect.stringContaining(`message ${id}`) });
		expect(host.handedOver).toHaveLength(1);
	}, 60_000);

	test('forty that stall do not hold up publishing: they have a budget of their own', async () => {
		for (let n = 0; n < 40; n++) await put();
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 40 } } });
		await host.activate();
		world.sandbox.arm({ call: 'acknowledge', times: 9999, fault: { kind: 'status', status: 408 } });
		for (const execution of host.handedOver) execution.end('success', 'Step');
		await host.settled();
		world.sandbox.clearFaults();
		world.sandbox.arm({ call: 'acknowledge', times: 9999, fault: { kind: 'stall', ms: 600_000 } as never });
		await put();
		const activated = host.activate('update');
		await until(() => world.calls().includes('acknowledge'), 'an acknowledgement');
		const at = world.clock.now();
		for (let second = 0; second < 20; second++) {
			world.clock.advance(1_000);
			await quiet();
		}
		await activated;
		expect(world.clock.now() - at).toBeLessThanOrEqual(20_000);
		expect(host.handedOver).toHaveLength(40); // as long as MESH takes no acknowledgements, nothing new is started
	}, 60_000);
});

describe('an inbox that cannot be listed well', () => {
	test('one bad entry in a page spoils none of the others, is told once, and the interval between lists is kept', async () => {
		const id = await put();
		world.sandbox.arm({ call: 'list', times: 1, fault: { kind: 'status', status: 200, body: JSON.stringify({ messages: [null, id] }) } });
		const host = world.host({ parameters: { options: { inboxCheckInterval: 5 } } });
		await host.activate();
		await host.settled();
		await until(() => inbox().length === 0, 'the delivery');
		expect(await pollFor(host, 20)).toEqual([]);
		expect(host.raised.map(({ message }) => message)).toEqual([expect.stringContaining('1 of the 2 entries')]);
		expect(world.calls().filter((call) => call === 'list').length).toBeLessThanOrEqual(5);
	});

	test.each([
		['a foreign link', 'https://elsewhere.example/messageexchange/X26ABC1/inbox?continue_from=a'],
		['a page that leads to itself', '/messageexchange/X26ABC1/inbox?continue_from=abcdefghijklmnop'],
	])('%s delivers what came, and forgets nothing', async (_what, next) => {
		const id = await put();
		world.sandbox.arm({
			call: 'list',
			times: 99,
			fault: { kind: 'status', status: 200, body: JSON.stringify({ messages: [id], links: { next } }) },
		});
		const host = world.host();
		await host.activate();
		await host.settled();
		await until(() => inbox().length === 0, 'the delivery');
		expect(host.raised).toHaveLength(1);
	});

	test('a 503 with Retry-After is told as what it is, and heeded between polls', async () => {
		const host = world.host();
		await host.activate();
		world.calls();
		world.sandbox.arm({ call: 'list', times: 1, fault: { kind: 'status', status: 503, headers: { 'retry-after': '300' } } });
		world.clock.advance(MINUTE_MS);
		const pause = heldPause();
		const polled = host.poll();
		await pause;
		expect(world.calls()).toEqual(['list']);
		world.clock.advance(61_000); // the trigger's patience with one call
		await polled;
		await pollFor(host, 2);
		expect(world.calls()).toEqual([]);
		await pollFor(host, 3);
		expect(world.calls()).toContain('list');
		expect(host.raised).toEqual([]);
	});
});

test('a trigger that no longer polls, has nothing in flight and owes nothing is forgotten', async () => {
	const host = world.host();
	await host.activate();
	const before = sessionCount();
	world.clock.advance(26 * HOUR_MS);
	const other = world.host({ node: { id: 'another', name: 'MESH' } });
	await other.activate();
	expect(sessionCount()).toBe(before);
	expect(newSession(0)).toMatchObject({ unheardEnds: 0 });
});
