import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { findFreePorts, isPortFree, requireFreePort } from '../../n8n-lab/machine/ports';

describe('ports', () => {
	it('finds different ports on which a server can listen', async () => {
		const ports = await findFreePorts(3);
		expect(new Set(ports).size).toBe(3);
		await expect(Promise.all(ports.map(isPortFree))).resolves.toEqual([true, true, true]);
	});

	it('says in one line which port is taken and which option chooses another', async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		await expect(requireFreePort(port, 'n8n', '--port')).rejects.toThrow(
			`Port ${port} (n8n) is taken: end the program that uses it, or choose another with npm start -- --port ${port + 10}`,
		);
		await new Promise((resolve) => server.close(resolve));
		await expect(requireFreePort(port, 'n8n', '--port')).resolves.toBeUndefined();
	});
});
