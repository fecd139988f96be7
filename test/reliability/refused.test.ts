import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { isMeshError } from '../../nodes/Mesh/client';
import { ASKING_PLACES } from './matrix/askingPlaces';
import { everythingIn, expectNoSecret } from './matrix/secrets';
import { useLane } from './matrix/lane';
import type { Lane } from './matrix/lane';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { SENDING_PLACES } from './matrix/sendingPlaces';

/** Calls that open a connection. */
const PLACES = [...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES].filter(({ isLater }) => isLater !== true);

let lane: Lane;
useLane((started) => (lane = started));

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

describe('when nothing listens at the address of MESH', () => {
	test.each(PLACES.map((place) => ({ name: place.name, place })))(
		'$name fails after its tries, which cannot have sent anything',
		async ({ place }) => {
			const baseUrl = `https://127.0.0.1:${await closedPort()}`;
			const scene = await place.prepare({ ...lane, options: (mailboxId) => ({ ...lane.options(mailboxId), baseUrl }) });
			const client = lane.client(scene.mailboxId, { baseUrl });
			const error = await scene.act(client).catch((reason: unknown) => reason);
			if (!isMeshError(error)) throw error;
			expect(error).toMatchObject({ code: 'MESH_NETWORK', networkCode: 'ECONNREFUSED', temporary: true, ambiguous: false });
			expect(error.hint).toMatch(/base URL.*firewall/);
			expectNoSecret(everythingIn(error), lane.sandbox);
			expect(lane.pauses).toHaveLength((place.tries ?? 4) - 1);
			expect(lane.sandbox.requests).toEqual([]);
			await scene.always(true);
		},
	);
});
