import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createCertificates, startSandbox } from '../../sandbox';

/** What becomes of a plain TCP connection. */
const knock = async (host: string, port: number) => await new Promise<string>((resolve) => {
	const socket = connect({ host, port });
	const end = (outcome: string) => {
		socket.destroy();
		resolve(outcome);
	};
	socket.setTimeout(2_000, () => end('no answer'));
	socket.once('connect', () => end('connected'));
	socket.once('error', () => end('refused'));
});

test('the sandbox and its page listen on the loopback address alone, so that no other machine reaches them', async () => {
	const sandbox = await startSandbox({ pagePort: 0 });
	const ports = [sandbox.port, Number(new URL(sandbox.pageUrl ?? '').port)];
	const outside = Object.values(networkInterfaces()).flat().filter((address) => address && !address.internal && address.family === 'IPv4').map((address) => address?.address ?? '');
	for (const port of ports) {
		expect(await knock('127.0.0.1', port)).toBe('connected');
		for (const address of outside) expect(await knock(address, port)).not.toBe('connected');
	}
	await sandbox.close();
	for (const port of ports) expect(await knock('127.0.0.1', port)).toBe('refused');
});

test('keys are new each time they are made, so that none can be known beforehand', async () => {
	const [one, two] = await Promise.all([createCertificates(), createCertificates()]);
	const all = [one, two].flatMap(({ ca, server, client, strangerClient }) => [ca, server.privateKey, client.privateKey, strangerClient.privateKey, client.certificate]);
	expect(new Set(all).size).toBe(all.length);
});
