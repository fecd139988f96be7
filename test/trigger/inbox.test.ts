import { MeshClient } from '../../nodes/Mesh/client';
import { toClientOptions } from '../../nodes/Mesh/transport/credential';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';
import { mayList } from '../../nodes/Mesh/trigger/mailbox';
import type { PollRun } from '../../nodes/Mesh/trigger/session';
import { sandboxCredential, CredentialsHelper } from '../engine';
import { MINUTE_MS, type TriggerWorld, startTriggerWorld, until, useTriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

describe('looking into the inbox', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const put = async (workflowId = 'TEST_WORKFLOW') => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', workflowId });
	const inbox = () => world.sandbox.inbox('X26ABC1');
	const rule = { options: { inboxCheckInterval: 5 } };

	test('validates the mailbox at activation and once a day from then on', async () => {
		const host = world.host();
		await host.activate();
		expect(world.calls()).toEqual(['handshake', 'list']);
		world.clock.advance(23 * HOUR_MS);
		await host.poll();
		expect(world.calls()).toEqual(['list']);
		world.clock.advance(HOUR_MS);
		await host.poll();
		expect(world.calls()).toEqual(['handshake', 'list']);
	});

	test('validates it anew whenever a person activates the workflow, and tells them at once when the credential is refused', async () => {
		const host = world.host();
		await host.activate();
		await host.activate();
		expect(world.calls()).toEqual(['handshake', 'list', 'handshake', 'list']);
		world.sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 403 } });
		await expect(host.activate()).rejects.toThrow(/403/);
	});

	test('has n8n decrypt the credential once for each poll, and once for each execution', async () => {
		const decrypted = jest.spyOn(CredentialsHelper.prototype, 'getDecrypted');
		const host = world.host();
		await host.activate();
		expect(decrypted).toHaveBeenCalledTimes(1);
		await put();
		await host.poll();
		await until(() => inbox().length === 0, 'the delivery');
		expect(decrypted).toHaveBeenCalledTimes(3);
		decrypted.mockRestore();
	});

	test('activates all the same when the mailbox is valid and only the listing has to wait', async () => {
		const host = world.host();
		await put();
		world.sandbox.arm({ call: 'list', fault: { kind: 'status', status: 408 } });
		await host.activate();
		await host.poll();
		await until(() => inbox().length === 0, 'the delivery');
		expect(host.raised).toEqual([]);
	});

	test('goes on delivering when only the daily validation does not come through, and repeats it with the next poll', async () => {
		const host = world.host();
		await host.activate();
		await put();
		world.calls();
		world.clock.advance(24 * HOUR_MS);
		world.sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 408 } });
		await host.poll();
		await until(() => inbox().length === 0, 'the delivery');
		await host.poll();
		expect(world.calls().filter((call) => call === 'handshake')).toHaveLength(2);
		expect(host.raised).toEqual([]);
	});

	test('is done once in five minutes, whatever n8n polls, also with two polls seconds apart after activation', async () => {
		const host = world.host({ parameters: rule });
		await host.activate();
		for (let minute = 0; minute < 11; minute++) {
			await host.poll();
			world.clock.advance(MINUTE_MS);
		}
		expect(world.calls()).toEqual(['handshake', 'list', 'list', 'list']);
	});

	test('goes on handing over a backlog between two looks', async () => {
		for (let n = 0; n < 3; n++) await put();
		const host = world.host({ parameters: { options: { ...rule.options, messagesInFlight: 1 } }, budgetMs: 0 });
		await host.activate();
		while (inbox().length > 0) {
			await host.settled();
			await host.poll();
		}
		expect(world.calls().filter((call) => call === 'list')).toHaveLength(1);
	});

	describe('keeps the five minutes on every server of the NHS, unless the option says otherwise', () => {
		/** Whether a trigger with this credential may look again so many minutes after it has looked. */
		const mayListAfter = (credential: Partial<MeshApiCredentials>, minutes: number | undefined, minutesBetween?: number): boolean => {
			const now = world.clock.now();
			return mayList({
				client: new MeshClient(toClientOptions({ ...sandboxCredential(world.sandbox), ...credential })),
				session: { listedAt: minutes === undefined ? undefined : now - minutes * MINUTE_MS },
				settings: { listingIntervalMs: minutesBetween === undefined ? undefined : minutesBetween * MINUTE_MS },
				ledger: { deliveries: { moreInInbox: false, waiting: [] } },
			} as unknown as PollRun);
		};
		const custom = (baseUrl: string): Partial<MeshApiCredentials> => ({ environment: 'custom', baseUrl });

		test.each<[string, Partial<MeshApiCredentials>]>([
			['Production', { environment: 'production' }],
			['Integration', { environment: 'integration' }],
			['Deployment', custom('https://msg.depspineservices.nhs.uk')],
			['Integration on HSCN', custom('https://msg.int.spine2.ncrs.nhs.uk')],
			['Deployment on HSCN', custom('https://msg.dep.spine2.ncrs.nhs.uk:443/')],
			['Production on HSCN', custom('https://MESH-SYNC.national.ncrs.nhs.uk/messageexchange')],
		])('%s', (_name, credential) => {
			expect([undefined, 4, 5].map((minutes) => mayListAfter(credential, minutes))).toEqual([true, false, true]);
			expect(mayListAfter(credential, 0, 0)).toBe(true);
			expect(mayListAfter(credential, 9, 10)).toBe(false);
		});

		test.each(['https://localhost:8700', 'https://mesh.nhs.uk.example', 'https://mynhs.uk'])(
			'%s has no limit but that of the option',
			(baseUrl) => {
				expect(mayListAfter(custom(baseUrl), 0)).toBe(true);
				expect(mayListAfter(custom(baseUrl), 4, 5)).toBe(false);
			},
		);
	});

	test('passes the workflow filter on and leaves all other messages alone', async () => {
		const wanted = await put('GP_LETTER');
		const other = await put('OTHER');
		const host = world.host({ parameters: { workflowFilterMode: 'beginsWith', workflowFilterText: 'GP_' } });
		await host.activate();
		await until(() => inbox().length === 1, 'the acknowledgement');
		expect(host.handedOver.map(({ messageIds }) => messageIds)).toEqual([[wanted]]);
		expect(inbox()).toEqual([other]);
	});

	test('follows the pages to the end and hands over oldest first', async () => {
		const messageIds: string[] = [];
		for (let n = 0; n < 1_003; n++) messageIds.push(await put());
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 500, messagesPerExecution: 500 } }, budgetMs: 0 });
		await host.activate();
		expect(world.calls()).toEqual(['handshake', 'list', 'list', 'list']);
		expect(host.handedOver.map((handedOver) => handedOver.messageIds)).toEqual([messageIds.slice(0, 500)]);
		host.handedOver[0]?.end('error', 'Step');
		await host.settled();
		await host.poll();
		host.handedOver[1]?.end('error', 'Step');
		await host.settled();
		await host.poll();
		expect(host.handedOver.slice(1).flatMap((handedOver) => handedOver.messageIds)).toEqual(messageIds.slice(500));
	});

	test('delivers the pages that came when a later one fails, and forgets nothing that it has not seen', async () => {
		for (let n = 0; n < 503; n++) await put();
		world.sandbox.arm({ call: 'list', skip: 1, fault: { kind: 'status', status: 408 } });
		const host = world.host({ runs: false, parameters: { options: { messagesInFlight: 500, messagesPerExecution: 500 } }, budgetMs: 0 });
		await host.activate();
		expect(host.handedOver[0]?.messageIds).toHaveLength(500);
		host.handedOver[0]?.end('error', 'Step');
		await host.settled();
		await host.poll();
		expect(host.handedOver[1]?.messageIds).toEqual(inbox().slice(500));
		expect(host.raised).toEqual([]);
	});

	test('validates again at the next poll when the credential was edited while the workflow is active', async () => {
		const credentials = { meshApi: sandboxCredential(world.sandbox) };
		const host = world.host({ credentials });
		await host.activate();
		credentials.meshApi.passphrase = 'not needed';
		await host.poll();
		await host.poll();
		expect(world.calls()).toEqual(['handshake', 'list', 'handshake', 'list', 'list']);
	});

	test('validates again, and fails the activation, when the credential was exchanged for one that does not work', async () => {
		const host = world.host();
		await host.activate();
		await expect(
			host.activate('update', { credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1', { mailboxPassword: 'wrong' }) } }),
		).rejects.toThrow(/403/);
	});
});

describe('what the trigger costs MESH', () => {
	let world: TriggerWorld;
	beforeAll(async () => {
		world = await startTriggerWorld();
	});
	afterAll(async () => await world.close());

	const opened = async (work: () => Promise<void>): Promise<{ calls: string[]; connections: number; fullHandshakes: number }> => {
		world.calls();
		const before = { ...world.sandbox.connections };
		await work();
		const { accepted, resumed } = world.sandbox.connections;
		const connections = accepted - before.accepted;
		return { calls: world.calls(), connections, fullHandshakes: connections - (resumed - before.resumed) };
	};

	test('is the handshake and one listing to activate, one request for an empty poll, and three for a message, all on one connection', async () => {
		const host = world.host();
		expect(await opened(async () => await host.activate())).toEqual({ calls: ['handshake', 'list'], connections: 1, fullHandshakes: 1 });
		expect(await opened(async () => await host.poll())).toEqual({ calls: ['list'], connections: 0, fullHandshakes: 0 });
		await world.sandbox.putMessage({ to: 'X26ABC1', content: Buffer.alloc(2048, 'x') });
		expect(
			await opened(async () => {
				await host.poll();
				await until(() => world.sandbox.inbox('X26ABC1').length === 0, 'the acknowledgement');
				await host.settled();
			}),
		).toEqual({ calls: ['list', 'download', 'acknowledge'], connections: 0, fullHandshakes: 0 });
	});
});
