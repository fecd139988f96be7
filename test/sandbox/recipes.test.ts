import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../sandbox';
import { HELP } from '../../sandbox/cli/cliOptions';

const ROOT = join(__dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/sandbox.md'), 'utf8');

/** The first block of code under a heading. */
function recipe(heading: string): string {
	const [, section] = DOCUMENT.split(new RegExp(`^#+ ${heading}$`, 'm'));
	const [, code] = /```\w+\n([\s\S]*?)```/.exec(section) ?? [];
	return code;
}

const file = (name: string) => readFileSync(join(ROOT, 'sandbox/recipes', name), 'utf8');

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
	sandbox = await startSandbox({ pagePort: 0 });
	folder = mkdtempSync(join(tmpdir(), 'mesh-recipe-test-'));
	const { ca, client } = sandbox.certificates;
	for (const [name, content] of [
		['ca', ca],
		['client-cert', client.certificate],
		['client-key', client.privateKey],
	])
		writeFileSync(join(folder, `${name}.pem`), content, { mode: 0o600 });
});
afterEach(async () => {
	await sandbox.close();
	rmSync(folder, { recursive: true, force: true });
});

/** Runs a recipe as printed, but for the addresses and folders of this test. */
function run(program: string, argv: string[], code: string, fileName: string): Promise<{ status: number | null; output: string }> {
	const here = code
		.replaceAll('https://localhost:8700', sandbox.url)
		.replaceAll('http://localhost:8701', sandbox.pageUrl as string)
		.replaceAll('.mesh/certs', folder)
		.replaceAll("'./sandbox'", JSON.stringify(join(ROOT, 'sandbox')));
	const file = join(folder, fileName);
	writeFileSync(file, here);
	return new Promise((resolve, reject) => {
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the documentation's recipes are what is tested; none of this is published
		const child = spawn(program, [...argv, file], { cwd: ROOT });
		let output = '';
		child.stdout.on('data', (text: Buffer) => (output += text.toString()));
		child.stderr.on('data', (text: Buffer) => (output += text.toString()));
		child.once('error', reject);
		child.once('close', (status) => resolve({ status, output }));
	});
}

const missing = (...programs: string[]) =>
	programs.filter(
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
		(program) => spawnSync(program, ['--version']).error !== undefined && spawnSync(program, ['version']).error !== undefined,
	);

/** A test of a recipe whose programs may be missing on this machine; it then says so. */
function recipeTest(title: string, programs: string[], body: () => Promise<void>): void {
	const lacking = missing(...programs);
	if (lacking.length > 0) process.stderr.write(`Not run, for want of ${lacking.join(' and ')}: ${title}\n`);
	else test(title, body);
}

function expectDelivered(output: string, text: string): void {
	const [message] = sandbox.messagesTo('X26ABC2');
	expect(output).toContain(message.messageId);
	expect(output).toContain(text);
	expect(message.status).toBe('acknowledged');
}

recipeTest('the recipe for curl sends, receives, acknowledges and tracks', ['curl', 'openssl'], async () => {
	const { status, output } = await run('sh', ['-eu'], file('mesh.sh'), 'recipe.sh');
	expect([status, output]).toEqual([0, expect.stringContaining('"status":"acknowledged"')]);
	expectDelivered(output, 'Hello from curl');
	expect(sandbox.requests.map(({ call, outcome }) => [call, outcome])).toEqual(
		['handshake', 'send', 'list', 'list', 'download', 'acknowledge', 'track'].map((call) => [call, 'ok']),
	);
});

recipeTest('the recipe for Python sends, receives and acknowledges', ['python3'], async () => {
	const { status, output } = await run('python3', [], file('mesh.py'), 'recipe.py');
	expect([status, output]).toEqual([0, expect.any(String)]);
	expectDelivered(output, 'Hello from Python');
});

test('the recipe for Node sends, receives and acknowledges', async () => {
	const { status, output } = await run(process.execPath, [], file('mesh.mjs'), 'recipe.mjs');
	expect([status, output]).toEqual([0, expect.stringMatching(/^202 /)]);
	expectDelivered(output, 'Hello from Node');
});

test('the example of a test suite runs', async () => {
	const { status, output } = await run(
		process.execPath,
		[join(ROOT, 'node_modules/tsx/dist/cli.mjs')],
		recipe('In this checkout, or in JavaScript'),
		'recipe.ts',
	);
	expect([status, output]).toEqual([0, expect.stringMatching(/pass 1/)]);
});

recipeTest('the example of an admin call arms a fault', ['curl'], async () => {
	const { status } = await run('sh', ['-eu'], recipe('Admin calls'), 'recipe.sh');
	const faults = (await (await fetch(`${sandbox.pageUrl}/messageexchange/admin/faults`)).json()) as unknown;
	expect([status, faults]).toEqual([0, { faults: [expect.objectContaining({ times: 2 })] }]);
});

test('every switch and every flag is documented', () => {
	const table = DOCUMENT.split('## How it differs')[1];
	for (const name of Object.keys(sandbox.behaviour)) expect(table).toContain(`\`${name}\``);
	// The page leads to the help, which has the flags and the variables that the command line reads.
	expect(DOCUMENT).toContain('`npm run sandbox -- --help`');
	const source = readFileSync(join(ROOT, 'sandbox/cli/cliOptions.ts'), 'utf8');
	const found = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
	const read = found(source, /^\t{4}'?([a-z-]+)'?: (?:string|flag|\{)/gm);
	expect(read.length).toBeGreaterThan(10);
	expect(found(HELP, /^ {2}--([a-z-]+)/gm)).toEqual(read);
	const variables = found(source, /\b(?:text|on)\([^,()]+, '([A-Z_]+)'\)/g);
	expect(variables.length).toBeGreaterThan(10);
	expect(found(HELP, /MESH_SANDBOX_([A-Z_]+)/g)).toEqual(variables);
});
