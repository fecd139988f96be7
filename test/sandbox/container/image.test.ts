import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

test("the Dockerfile's build command makes one file that runs without this repository: API, page, certificates", async () => {
	const folder = mkdtempSync(join(tmpdir(), 'mesh-image-test-'));
	const [, command] = /^RUN npx (esbuild .*?) &&/m.exec(readFileSync(join(ROOT, 'sandbox/Dockerfile'), 'utf8')) ?? [];
	const [program, ...argv] = command.replace('/out/', `${folder}/`).split(' ');
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the image's build is what is tested; none of this is published
	execFileSync(join(ROOT, 'node_modules/.bin', program), [...argv, '--log-level=error'], { cwd: ROOT });
	cpSync(join(ROOT, 'sandbox/page/static'), join(folder, 'static'), { recursive: true });

	const env = { PATH: process.env.PATH, MESH_SANDBOX_PORT: '0', MESH_SANDBOX_PAGE_PORT: '0', MESH_SANDBOX_DATA: join(folder, 'data'), MESH_SANDBOX_CERTS: join(folder, 'certs') };
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
	const child = spawn(process.execPath, [join(folder, 'sandbox.js')], { cwd: folder, env });
	try {
		let output = '';
		const page = await new Promise<string>((resolve, reject) => {
			child.stdout.on('data', (text: Buffer) => {
				output += text.toString();
				const [, url] = /in a browser: (\S+)/.exec(output) ?? [];
				if (url) resolve(url);
			});
			child.once('exit', () => reject(new Error(`It ended: ${output}`)));
		});
		expect(await (await fetch(`${page}/`)).text()).toContain('<h1>MESH sandbox</h1>');
		expect((await fetch(`${page}/app/main.js`)).status).toBe(200);
		const { url } = (await (await fetch(`${page}/data/state`)).json()) as { url: string };
		expect(output).toContain(url);
		expect(readFileSync(join(folder, 'certs/client-cert.pem'), 'utf8')).toContain('BEGIN CERTIFICATE');
	} finally {
		child.removeAllListeners('exit');
		const ended = new Promise((resolve) => child.once('exit', resolve));
		child.kill('SIGTERM');
		await ended;
		rmSync(folder, { recursive: true, force: true });
	}
});
