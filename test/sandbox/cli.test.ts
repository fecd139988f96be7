import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificatesIn } from '../../sandbox/cli/certificateFolder';
import { readCliOptions } from '../../sandbox/cli/cliOptions';
import { requestLine, welcome } from '../../sandbox/cli/run';
import { startSandbox, type RecordedRequest } from '../../sandbox';

const ROOT = join(__dirname, '../..');
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'mesh-cli-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line; `use` gets its output as soon as that fits, then the process is asked to end. */
function run(argv: string[], until: RegExp, signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; output: string }> {
	return new Promise((resolve, reject) => {
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the command line is what is tested; none of this is published
		const child = spawn(process.execPath, [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), 'sandbox/cli.ts', ...argv], { cwd: ROOT });
		let output = '';
		const take = (text: Buffer) => {
			const had = until.test(output);
			output += text.toString();
			if (!had && until.test(output)) child.kill(signal);
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		child.once('error', reject);
		child.once('close', (code) => resolve({ code, output }));
	});
}

describe('the command line', () => {
	it('says what to paste where, and ends cleanly on Ctrl-C', async () => {
		const certs = join(folder, 'certs');
		const { code, output } = await run(['--port', '0', '--no-page', '--ephemeral', '--certs', certs], /CA Certificates.*\n/, 'SIGINT');
		expect(code).toBe(0);
		// What other test suites read: the last word of the first line is the address and nothing else.
		const [address] = /\S+$/.exec(output.split('\n')[0]) ?? [];
		expect(address).toMatch(/^https:\/\/localhost:\d+$/);
		expect(output).toContain(`Base URL            ${address}\n`);
		expect(output).toMatch(/Base URL +https:\/\/localhost:\d+\n/);
		for (const text of [
			'X26ABC1   (or X26ABC2, X26ABC3)',
			'password',
			'TestKey',
			join(certs, 'client-cert.pem'),
			join(certs, 'client.p12'),
		])
			expect(output).toContain(text);
		expect(output).not.toContain('BEGIN');
	});

	it('says in one line when the port is taken', async () => {
		const sandbox = await startSandbox();
		const { code, output } = await run(['--port', String(sandbox.port), '--no-tls', '--no-page', '--ephemeral'], /never/);
		await sandbox.close();
		expect([code, output]).toEqual([1, expect.stringMatching(new RegExp(`^Port ${sandbox.port} is taken: [^\\n]*--port[^\\n]*\n$`))]);
	});
});

describe('the first words', () => {
	it('say when the clock is ahead, how far, and how to set it right', async () => {
		const sandbox = await startSandbox({ tls: false, pagePort: 0 });
		const options = readCliOptions([], {});
		expect(welcome(sandbox, options)).not.toContain('ahead');
		sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
		expect(welcome(sandbox, options)).toMatch(/clock is 5 days ahead/);
		const [, command] = /(curl .*)\n/.exec(welcome(sandbox, options)) ?? [];
		const [origin, body, url] = [/--header 'Origin: (.*?)'/, /--data '(.*?)'/, / (http\S*)$/].map((part) => part.exec(command)?.[1] ?? '');
		const { status } = await fetch(url, { method: 'POST', headers: { origin }, body });
		expect([status, sandbox.clock.offsetMs]).toEqual([200, 0]);
		await sandbox.close();
	});
});

describe('the options', () => {
	it('take switches from the environment as a JSON object, and single ones from flags on top; others are left to the sandbox', () => {
		const environment = { MESH_SANDBOX_SET: '{"deliveryDelayMs":2000,"patients":[],"messageIds":"hex","rateLimit":null}' };
		expect(readCliOptions(['--set', 'messageIds=timestamp'], environment).behaviour).toEqual({
			deliveryDelayMs: 2000,
			patients: [],
			messageIds: 'timestamp',
		});
		expect(readCliOptions([], { ...environment, MESH_SANDBOX_LIKE_NHS: '1' }).behaviour).toMatchObject({
			deliveryDelayMs: 2000,
			lostCursor: 'restart',
		});
		expect(readCliOptions([], { MESH_SANDBOX_SET: '' }).behaviour).toEqual({});
	});

	it.each(['deliveryDelayMs=1', '[1]', 'null', '{\n"deliveryDelayMs":', '{"deliveryDelayMs":"soon"}', '{"un\\nheard":1}'])(
		'name the variable in one line when it is %j',
		(value) => {
			expect(() => readCliOptions([], { MESH_SANDBOX_SET: value })).toThrow(/^MESH_SANDBOX_SET[^\n]+$/);
		},
	);

	it('come from flags, then the environment, then defaults', () => {
		expect(readCliOptions([], {})).toMatchObject({
			port: 8700,
			tls: true,
			requireClientCertificate: true,
			latencyMs: 0,
			quiet: false,
			dataFolder: expect.stringMatching(/\.mesh\/data$/) as string,
		});
		const environment = { MESH_SANDBOX_PORT: '1', MESH_SANDBOX_EPHEMERAL: 'yes', MESH_SANDBOX_NO_TLS: '1', MESH_SANDBOX_SHARED_KEY: 'k' };
		expect(readCliOptions(['--port', '2'], environment)).toMatchObject({ port: 2, dataFolder: undefined, tls: false, sharedKey: 'k' });
	});

	it('follow the NHS sandbox on demand, with single switches on top', () => {
		expect(
			readCliOptions(['--like-nhs-sandbox', '--set', 'checkTimestamp=true', '--set', 'messageIds=timestamp'], {}).behaviour,
		).toMatchObject({
			afterAcknowledgement: 'available',
			rejectReplays: false,
			checkTimestamp: true,
			messageIds: 'timestamp',
		});
	});

	it('read mailboxes from a file', () => {
		const file = join(folder, 'mailboxes.json');
		writeFileSync(file, JSON.stringify([{ mailboxId: 'abc', odsCode: 'X', workflows: ['W'] }]));
		expect(readCliOptions(['--mailboxes', file], {}).mailboxes).toMatchObject([
			{ mailboxId: 'ABC', password: 'password', workflows: ['W'] },
		]);
	});

	it.each([
		[['--prot', '1'], /Unknown option '--prot'/],
		[['--port', 'x'], /--port takes a whole number up to 65535, not "x"/],
		[['--set', 'x'], /NAME=VALUE/],
		[['--set', 'deliveryDelayMs=soon'], /does not take this value/],
		[['--set', 'unheard=1'], /no such switch/],
		[['--mailboxes', '/nowhere.json'], /Cannot read the mailboxes of \/nowhere.json/],
	])('say in one line what is wrong with %j', (argv, message) => {
		expect(() => readCliOptions(argv, {})).toThrow(message);
		try {
			readCliOptions(argv, {});
		} catch (error) {
			expect((error as Error).message).not.toContain('\n');
		}
	});
});

describe('the certificates folder', () => {
	it('holds six files, keys for the owner alone, and is used again while it is good', async () => {
		const certs = join(folder, 'certs');
		const made = await certificatesIn(certs, 'A.B.api.mesh-client.nhs.uk');
		expect(readdirSync(certs).sort()).toEqual([
			'ca.pem',
			'client-cert.pem',
			'client-key.pem',
			'client.p12',
			'server-cert.pem',
			'server-key.pem',
		]);
		const mode = (name: string) => statSync(join(certs, name)).mode & 0o777;
		expect([statSync(certs).mode & 0o777, mode('client-key.pem'), mode('server-key.pem'), mode('client.p12')]).toEqual([
			0o700, 0o600, 0o600, 0o600,
		]);
		const reused = await certificatesIn(certs, 'A.B.api.mesh-client.nhs.uk');
		expect([reused.ca, reused.client, reused.server]).toEqual([made.ca, made.client, made.server]);
		writeFileSync(join(certs, 'client-key.pem'), made.server.privateKey);
		expect((await certificatesIn(certs, 'A.B.api.mesh-client.nhs.uk')).ca).not.toBe(made.ca);
	});
});

describe('the line per request', () => {
	const request: RecordedRequest = {
		id: 1,
		method: 'PUT',
		path: '/messageexchange/X/inbox/ID',
		query: {},
		call: 'acknowledge',
		outcome: 'ok',
		headers: {},
		requestBytes: 0,
		responseBytes: 0,
		connection: 1,
		at: 0,
		status: 200,
	};

	it('names method, path, status, and the reason only where there is one', () => {
		expect(requestLine(request)).toMatch(/^\d\d:\d\d:\d\d {2}PUT {2}\/messageexchange\/X\/inbox\/ID {2}200\n$/);
		expect(requestLine({ ...request, status: undefined, outcome: 'fault: stall', warning: 'small' })).toContain(
			'---  fault: stall  (small)\n',
		);
	});
});
