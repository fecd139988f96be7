import { chmod, mkdtemp, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificates, startSandbox } from '../../sandbox';
import { CERTIFICATE_FILES, certificatesIn } from '../../sandbox/cli/certificateFolder';

/** What becomes of a plain TCP connection. */
const knock = async (host: string, port: number) =>
	await new Promise<string>((resolve) => {
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
	const outside = Object.values(networkInterfaces())
		.flat()
		.filter((address) => address && !address.internal && address.family === 'IPv4')
		.map((address) => address?.address ?? '');
	for (const port of ports) {
		expect(await knock('127.0.0.1', port)).toBe('connected');
		for (const address of outside) expect(await knock(address, port)).not.toBe('connected');
	}
	await sandbox.close();
	for (const port of ports) expect(await knock('127.0.0.1', port)).toBe('refused');
});

test('keys are new each time they are made, so that none can be known beforehand', async () => {
	const [one, two] = await Promise.all([createCertificates(), createCertificates()]);
	const all = [one, two].flatMap(({ ca, server, client, strangerClient }) => [
		ca,
		server.privateKey,
		client.privateKey,
		strangerClient.privateKey,
		client.certificate,
	]);
	expect(new Set(all).size).toBe(all.length);
});

const KEYS = [CERTIFICATE_FILES.serverKey, CERTIFICATE_FILES.clientKey, CERTIFICATE_FILES.clientPkcs12];
const modesOf = async (folder: string) =>
	await Promise.all(KEYS.map(async (file) => ((await stat(join(folder, file))).mode & 0o777).toString(8)));

test('keys go into files of their own, not through links and not into files that are there, and stay for the owner alone', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'mesh-walls-'));
	const elsewhere = join(folder, 'elsewhere');
	await chmod(folder, 0o777);
	await writeFile(elsewhere, 'mine');
	await symlink(elsewhere, join(folder, CERTIFICATE_FILES.clientKey));
	await writeFile(join(folder, CERTIFICATE_FILES.serverKey), 'old', { mode: 0o666 });
	const reader = await open(join(folder, CERTIFICATE_FILES.serverKey));
	const made = await certificatesIn(folder, 'X26ABC1');
	expect(await readFile(elsewhere, 'utf8')).toBe('mine');
	expect(await reader.readFile('utf8')).toBe('old');
	await reader.close();
	expect(await modesOf(folder)).toEqual(['600', '600', '600']);
	expect((await stat(folder)).mode & 0o777).toBe(0o700);
	// Loosened meanwhile, they are used again, and closed again.
	for (const file of KEYS) await chmod(join(folder, file), 0o644);
	expect((await certificatesIn(folder, 'X26ABC1')).client.privateKey).toBe(made.client.privateKey);
	expect(await modesOf(folder)).toEqual(['600', '600', '600']);
	expect((await readdir(folder)).sort()).toEqual([...Object.values(CERTIFICATE_FILES), 'elsewhere'].sort());
});
