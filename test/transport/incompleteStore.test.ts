import type { Readable } from 'node:stream';
import type { IExecuteFunctions } from 'n8n-workflow';
import { RunHints } from '../../nodes/Mesh/transport/hints';
import { toIncomingItem } from '../../nodes/Mesh/transport/incomingItem';
import { bytesOf, failureOf, startWorld } from '../client/world';
import type { World } from '../client/world';

let world: World;
beforeAll(async () => (world = await startWorld()));
afterAll(async () => await world.close());

/** n8n as far as it is needed to store a file; the store reports so many bytes fewer than it was given. */
const hostThatLoses = (lost: number) =>
	({
		helpers: {
			prepareBinaryData: async (stream: Readable) => ({ data: '', mimeType: 'text/plain', bytes: (await bytesOf(stream)).length - lost }),
		},
		logger: { debug() {}, info() {}, warn() {} },
		getNode: () => ({ name: 'MESH' }),
	}) as unknown as IExecuteFunctions;

test('a message that the store of n8n did not take completely is an error, so that it is not acknowledged', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'ten bytes.' });
	const receive = async (lost: number) =>
		await toIncomingItem(
			hostThatLoses(lost),
			await world.client().download(messageId),
			{ outputAs: 'binary', binaryProperty: 'data', verifyChecksum: 'fail' },
			new RunHints(hostThatLoses(lost)),
		);
	expect(await failureOf(receive(1))).toMatchObject({ code: 'MESH_INTEGRITY', messageId, temporary: true });
	expect((await receive(0)).json).toMatchObject({ bytes: 10 });
});
