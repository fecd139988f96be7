import { startTriggerWorld, until, type TriggerWorld } from './host';

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
