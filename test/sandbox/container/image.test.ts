import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const dockerfile = readFileSync(join(ROOT, 'sandbox/Dockerfile'), 'utf8');
let image: string;
beforeAll(() => {
	image = mkdtempSync(join(tmpdir(), 'mesh-image-'));
	const [, command] = /^RUN npx (esbuild .*?) &&/m.exec(dockerfile) ?? [];
	const [program, ...argv] = command.replace('=/out', `=${image}`).split(' ');
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the image's build is what is tested; none of this is published
	execFileSync(join(ROOT, 'node_modules/.bin', program), [...argv, '--log-level=error'], { cwd: ROOT });
	cpSync(join(ROOT, 'sandbox/page/static'), join(image, 'static'), { recursive: true });
});
afterAll(() => rmSync(image, { recursive: true, force: true }));

/** Runs what the image runs, with these flags after its name and the image's variables. `use` gets what it has printed once it listens. */
async function runImage(argv: string[], use: (output: string, isHealthy: () => boolean) => Promise<void>): Promise<void> {
	const folder = mkdtempSync(join(image, 'run-'));
	const variables = Object.fromEntries(
		[...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\S+?)=(\S+)/g)].map(([, name, value]) => [
			name,
			value.replace(/^\/data/, folder),
		]),
	);
	const env = { PATH: process.env.PATH, TMPDIR: folder, ...variables };
	const [, entry] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
	const [, check] = /^HEALTHCHECK .*CMD (.*)$/m.exec(dockerfile) ?? [];
	const inImage = (command: string) => (JSON.parse(command) as string[]).slice(1).map((word) => word.replace('/opt/mesh-sandbox', image));
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
	const isHealthy = () => spawnSync(process.execPath, inImage(check), { env }).status === 0;
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
	const child = spawn(process.execPath, [...inImage(entry), ...argv], { cwd: folder, env });
	const ended = new Promise((resolve) => child.once('close', resolve));
	try {
		let output = '';
		await new Promise<void>((resolve, reject) => {
			child.stdout.on('data', (text: Buffer) => {
				output += text.toString();
				if (/CA Certificates.*\n/.test(output)) resolve();
			});
			child.stderr.on('data', (text: Buffer) => (output += text.toString()));
			child.once('exit', () => reject(new Error(`It ended: ${output}`)));
		});
		await use(output, isHealthy);
	} finally {
		child.removeAllListeners('exit');
		child.kill('SIGTERM');
		await ended;
	}
}

/** The health check as the engine asks: again and again until the answer is yes. */
async function becomesHealthy(isHealthy: () => boolean): Promise<boolean> {
	for (let tries = 0; tries < 20; tries++) if (isHealthy()) return true;
	return false;
}

test('the build makes a program that runs without this repository: API, page, certificates', async () => {
	await runImage(['--port', '0', '--page-port', '0'], async (output, isHealthy) => {
		const [, page] = /in a browser: (\S+)/.exec(output) ?? [];
		expect(await (await fetch(`${page}/`)).text()).toContain('<h1>MESH sandbox</h1>');
		expect((await fetch(`${page}/app/main.js`)).status).toBe(200);
		const { url } = (await (await fetch(`${page}/data/state`)).json()) as { url: string };
		expect(output).toContain(url);
		const [, file] = /content of (\S+client-cert.pem)/.exec(output) ?? [];
		expect(readFileSync(file, 'utf8')).toContain('BEGIN CERTIFICATE');
		expect(await becomesHealthy(isHealthy)).toBe(true);
	});
});

test('flags after its name change the ports, and the health check follows them; without a page as well', async () => {
	await runImage(['--port', '0', '--no-page', '--ephemeral'], async (output, isHealthy) => {
		expect(output).not.toContain('in a browser');
		expect(output).not.toContain('localhost:8700');
		expect(await becomesHealthy(isHealthy)).toBe(true);
	});
});

test('a health check that nobody answers fails', () => {
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
	expect(spawnSync(process.execPath, [join(image, 'health.js')], { env: { PATH: process.env.PATH, TMPDIR: image } }).status).toBe(1);
});
