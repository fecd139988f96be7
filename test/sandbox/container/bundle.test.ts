import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
let bundle: string;
beforeAll(() => {
	bundle = mkdtempSync(join(tmpdir(), 'mesh-bundle-'));
	const [program, ...argv] = scripts['sandbox:bundle'].split(' && ')[0].replace('.mesh/bundle', bundle).split(' ');
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the script that others use is what is tested; none of this is published
	execFileSync(join(ROOT, 'node_modules/.bin', program), argv, { cwd: ROOT });
	cpSync(join(ROOT, 'sandbox/page/static'), join(bundle, 'static'), { recursive: true });
});
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

/** Runs Node in the bundle's folder, far from this repository; `use` gets the first line, then the process is asked to end. */
async function runNode(argv: string[], use: (firstLine: string) => Promise<void>): Promise<void> {
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
	const child = spawn(process.execPath, argv, { cwd: bundle, env: { PATH: process.env.PATH } });
	const ended = new Promise((resolve) => child.once('close', resolve));
	try {
		let output = '';
		await new Promise<void>((resolve, reject) => {
			const take = (text: Buffer) => {
				output += text.toString();
				if (output.includes('\n')) resolve();
			};
			child.stdout.on('data', take);
			child.stderr.on('data', take);
			child.once('exit', () => reject(new Error(`It ended: ${output}`)));
		});
		await use(output.split('\n')[0]);
	} finally {
		child.removeAllListeners('exit');
		child.kill('SIGTERM');
		await ended;
	}
}

test('the bundle runs by itself: another suite reads the address from the first line, and asks the admin calls', async () => {
	await runNode(['sandbox.js', '--port', '0', '--no-page', '--ephemeral', '--no-tls'], async (firstLine) => {
		const [url] = /\S+$/.exec(firstLine) ?? [];
		const { mailboxes } = (await (await fetch(`${url}/messageexchange/admin/mailboxes`)).json()) as {
			mailboxes: Array<{ mailbox_id: string }>;
		};
		expect(mailboxes.map(({ mailbox_id: id }) => id)).toEqual(['X26ABC1', 'X26ABC2', 'X26ABC3']);
	});
});

test('its index has startSandbox for suites in JavaScript, with the page', async () => {
	const code =
		"require('./index.js').startSandbox({ pagePort: 0 }).then((sandbox) => { process.once('SIGTERM', () => sandbox.close().then(() => process.exit(0))); console.log(sandbox.pageUrl); })";
	await runNode(['-e', code], async (firstLine) => {
		expect(await (await fetch(firstLine)).text()).toContain('<h1>MESH sandbox</h1>');
	});
});
