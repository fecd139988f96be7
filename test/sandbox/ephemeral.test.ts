import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCK_FILE, ownIdentity } from '../../sandbox/store/folderLock';
import { makeTemporaryFolder } from '../../sandbox/store/temporaryFolder';
import { setDate } from './support/setDate';

const ROOT = join(__dirname, '../..');
const DAY_MS = 24 * 60 * 60 * 1000;
let temporary: string;
let child: ChildProcess | undefined;
beforeEach(() => {
	temporary = mkdtempSync(join(tmpdir(), 'mesh-ephemeral-test-'));
});
afterEach(() => {
	jest.useRealTimers();
	child?.kill('SIGKILL');
	rmSync(temporary, { recursive: true, force: true });
});

const folders = () => readdirSync(temporary).filter((name) => name.startsWith('mesh-sandbox-'));

interface End {
	code: number | null;
	/** The temporary folders that it had. */
	had: string[];
}

const endBy = (signal: NodeJS.Signals) => runUntil((running) => void running.kill(signal));

/** Runs the command line until it listens at an address, and then has it end. */
function runUntil(end: (running: ChildProcess, address: string) => void): Promise<End> {
	return new Promise((resolve, reject) => {
		const argv = ['--import', 'tsx', 'sandbox/cli.ts', '--port', '0', '--no-page', '--no-tls', '--ephemeral'];
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- how a process ends is what is tested; none of this is published
		const running = spawn(process.execPath, argv, { cwd: ROOT, env: { ...process.env, TMPDIR: temporary } });
		child = running;
		let output = '';
		let had: string[] = [];
		running.stdout.on('data', (text: Buffer) => {
			output += text.toString();
			if (had.length > 0 || !/Shared Key.*\n/.test(output)) return;
			had = folders();
			end(running, /http:\S+/.exec(output)?.[0] ?? '');
		});
		running.once('error', reject);
		running.once('close', (code) => resolve({ code, had }));
	});
}

test.each(['SIGHUP', 'SIGQUIT', 'SIGINT', 'SIGTERM'] as const)(
	'%s ends it and leaves nothing',
	async (signal) => {
		const { code, had } = await endBy(signal);
		expect([code, had.length, folders()]).toEqual([0, 1, []]);
	},
	120_000,
);

test('a pipe that nobody reads any more ends it, and it leaves nothing', async () => {
	const { code, had } = await runUntil((running, address) => {
		running.stdout?.destroy();
		void fetch(`${address}/messageexchange/_ping`).catch(() => undefined);
	});
	expect([code, had.length, folders()]).toEqual([0, 1, []]);
}, 120_000);

test('what a killed sandbox leaves is removed at the next start', async () => {
	const killed = await endBy('SIGKILL');
	expect([killed.had.length, folders()]).toEqual([1, killed.had]);
	const next = await endBy('SIGTERM');
	expect([next.had.length, next.had[0] === killed.had[0], folders()]).toEqual([1, false, []]);
}, 120_000);

test("only folders that are surely a sandbox's are removed, whatever date a test suite has set", async () => {
	const make = (name: string, lock?: object, daysOld = 0) => {
		mkdirSync(join(temporary, name), { recursive: true });
		if (!lock) return;
		const file = join(temporary, name, LOCK_FILE);
		writeFileSync(file, JSON.stringify(lock));
		utimesSync(file, new Date(), new Date(Date.now() - daysOld * DAY_MS));
	};
	const ended = { ...ownIdentity(), born: '1' };
	make('mesh-sandbox-ended1', ended);
	make('mesh-sandbox-other1', { ...ended, space: 'another' }, 2);
	make('mesh-sandbox-other2', { ...ended, space: 'another' });
	make('mesh-sandbox-runs12', ownIdentity(), 2);
	make('mesh-sandbox-nolock');
	make('mesh-sandbox-nobody', { pid: 'none' });
	make('mesh-sandbox-longer-name', ended);
	make('elsewhere', ended);
	symlinkSync(join(temporary, 'elsewhere'), join(temporary, 'mesh-sandbox-linked'));
	setDate(new Date(Date.now() + 3 * DAY_MS));
	const made = (await makeTemporaryFolder(temporary)).slice(temporary.length + 1);
	const expected = [
		'elsewhere',
		'mesh-sandbox-linked',
		'mesh-sandbox-longer-name',
		'mesh-sandbox-nobody',
		'mesh-sandbox-nolock',
		'mesh-sandbox-other2',
		'mesh-sandbox-runs12',
		made,
	];
	expect(readdirSync(temporary).sort()).toEqual(expected.sort());
});
