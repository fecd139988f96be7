import { sandboxCredential } from '../engine';
import { startSandbox } from '../../sandbox';
import { until, type Host, type TriggerWorld, useTriggerWorld } from './host';

describe('when MESH cannot be used', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const busy = { call: 'list' as const, times: 999, fault: { kind: 'status' as const, status: 408 } };
	const forbidden = { call: 'list' as const, times: 999, fault: { kind: 'emptyForbidden' as const } };

	const pollFor = async (host: Host, minutes: number) => await world.pollFor(host, minutes);

	test('a passing failure is raised at the third poll in a row, then once an hour, and again in the next outage', async () => {
		const host = world.host();
		await host.activate();
		world.sandbox.arm(busy);
		expect(await pollFor(host, 130)).toEqual([3, 63, 123]);
		expect(host.raised[0]).toMatchObject({
			message: expect.stringContaining('Could not list the inbox: the request did not arrive in time'),
			description: expect.stringContaining('The last 3 polls have failed. Polling goes on'),
		});
		world.sandbox.clearFaults();
		expect(await pollFor(host, 2)).toEqual([]);
		world.sandbox.arm(busy);
		expect(await pollFor(host, 4)).toEqual([3]);
	});

	test('two failures and a success raise nothing', async () => {
		const host = world.host();
		await host.activate();
		for (let outage = 0; outage < 3; outage++) {
			world.sandbox.arm({ ...busy, times: 2 });
			expect(await pollFor(host, 3)).toEqual([]);
		}
	});

	test('a refusal is raised at once, because it needs a person, and then once an hour', async () => {
		const host = world.host();
		await host.activate();
		world.sandbox.arm(forbidden);
		expect(await pollFor(host, 62)).toEqual([1, 61]);
	});

	test('messages are delivered as soon as it works again', async () => {
		const host = world.host();
		await host.activate();
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		world.sandbox.arm(busy);
		await pollFor(host, 2);
		world.sandbox.clearFaults();
		await pollFor(host, 1);
		await until(() => world.sandbox.inbox('X26ABC1').length === 0, 'the delivery');
	});

	test.each([
		['the password is wrong', { mailboxPassword: 'nope' }, /403/],
		['the shared key is wrong', { sharedKey: 'nope' }, /403/],
		['a field of the credential is missing', { sharedKey: '' }, /Shared Key/],
		['the certificate cannot be read', { clientCertificate: 'not a certificate' }, /certificate/i],
	])('activation fails at once with the reason when %s', async (_what, change, reason) => {
		const host = world.host({ credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1', change) } });
		await expect(host.activate()).rejects.toThrow(reason);
		await expect(host.activate()).rejects.toThrow(/Then publish \(n8n 1: activate\) the workflow again\.$/);
		expect(host.raised.map(({ message }) => message)).toEqual([expect.stringMatching(reason)]); // n8n tries again by itself: told once
	});

	test('activation fails at once when MESH refuses the client certificate', async () => {
		const { strangerClient } = world.sandbox.certificates;
		const host = world.host({
			credentials: {
				meshApi: sandboxCredential(world.sandbox, 'X26ABC1', {
					clientCertificate: strangerClient.certificate,
					privateKey: strangerClient.privateKey,
				}),
			},
		});
		await expect(host.activate()).rejects.toThrow();
	});

	test.each([{ onError: 'continueRegularOutput' as const }, { executeOnce: true }])(
		'activation fails under the node setting %j, which would acknowledge what the workflow never had',
		async (node) => {
			await expect(world.host({ node }).activate()).rejects.toThrow(/must be/);
		},
	);

	test('activation fails when a parameter makes no sense', async () => {
		await expect(world.host({ parameters: { options: { messagesInFlight: 0 } } }).activate()).rejects.toThrow(/messagesInFlight/);
		await expect(world.host({ parameters: { workflowFilterMode: 'equals', workflowFilterText: 'A*' } }).activate()).rejects.toThrow(/\*/);
	});

	test.each(['activate', 'update', 'init'] as const)(
		'what passes by itself does not keep the workflow from becoming active (%s), and it delivers as soon as MESH answers',
		async (mode) => {
			for (const status of [429, 500, 502, 503, 504, 408]) {
				const host = world.host();
				world.sandbox.arm({ times: 999, fault: { kind: 'status', status } });
				await host.activate(mode);
				expect(host.raised).toEqual([]);
				await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
				world.sandbox.clearFaults();
				await pollFor(host, 1);
				await until(() => world.sandbox.inbox('X26ABC1').length === 0, 'the delivery');
				world.restart();
			}
			const unheard = world.host({
				credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1', { baseUrl: 'https://localhost:1' }) },
			});
			await unheard.activate(mode);
			expect(await pollFor(unheard, 3)).toEqual([2]); // a passing failure three times in a row, the activation included
		},
	);

	test('a parked message is released by publishing although MESH was away at that moment', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		let failing = true;
		const host = world.host({
			parameters: { options: { deliveryAttempts: 1 } },
			step: async (_context, items) => (failing ? await Promise.reject(new Error('no')) : items),
		});
		await host.activate();
		await host.settled();
		failing = false;
		world.sandbox.arm({ times: 999, fault: { kind: 'status', status: 503 } });
		await host.activate();
		world.sandbox.clearFaults();
		await pollFor(host, 1);
		await until(() => world.sandbox.inbox('X26ABC1').length === 0, 'the delivery');
	});

	test('a start of n8n activates the workflow all the same, so that it recovers by itself', async () => {
		const sandbox = await startSandbox();
		const credentials = { meshApi: sandboxCredential(sandbox) };
		await sandbox.close();
		const host = world.host({ credentials });
		await host.activate('init');
		expect(host.raised).toEqual([]);
		expect(await pollFor(host, 3)).toEqual([2]);
	});

	test('a start of n8n with a credential that MESH refuses raises that at once and stays active', async () => {
		const host = world.host({ credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1', { mailboxPassword: 'nope' }) } });
		await host.activate('init');
		expect(host.raised.map(({ message }) => message)).toEqual([
			expect.stringContaining('did not accept mailbox ID, password or shared key'),
		]);
	});

	test('no error that is raised holds a secret', async () => {
		const host = world.host({
			credentials: { meshApi: sandboxCredential(world.sandbox, 'X26ABC1', { mailboxPassword: 'a-wrong-secret' }) },
		});
		await host.activate('init');
		const { message, stack, ...rest } = host.raised[0] as Error & { description: string };
		expect([message, stack, JSON.stringify(rest)].join()).not.toMatch(/a-wrong-secret|TestKey|BEGIN|NHSMESH/);
	});
});
