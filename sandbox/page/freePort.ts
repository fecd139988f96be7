import { createServer } from 'node:net';

/** The port itself when nothing uses it on 127.0.0.1, else 0, which lets the system choose. */
export async function freePort(port: number): Promise<number> {
	if (port < 1 || port > 65_535) return 0;
	return await new Promise((resolve) => {
		const probe = createServer();
		probe.once('error', () => resolve(0));
		probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
	});
}
