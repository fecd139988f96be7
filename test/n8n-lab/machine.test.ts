import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryFolder } from '../../n8n-lab/paths';
import { runCommand, startProcess, stopAllProcesses } from '../../n8n-lab/machine/processes';
import { findFreePorts, isPortFree, requireFreePort } from '../../n8n-lab/machine/ports';
import { withFolderLock } from '../../n8n-lab/machine/folderLock';

const folder = mkdtempSync(join(tmpdir(), 'managed-process-'));
let count = 0;
const shell = (script: string) => ({
	name: 'test',
	command: 'sh',
	args: ['-c', script],
	env: process.env,
	logFile: join(folder, `${(count += 1)}.log`),
});

/** The first line that a script has printed. */
async function firstLine(logFile: string): Promise<string> {
	for (;;) {
		const [line, rest] = (await readFile(logFile, 'utf8')).split('\n');
		if (rest !== undefined) return line;
		await new Promise(setImmediate);
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

/** A killed orphan stays in the process table until init collects it. */
async function expectGone(pid: number): Promise<void> {
	while (isAlive(pid)) {
		const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
		if (/\) Z/.test(state)) return;
		await new Promise(setImmediate);
	}
	expect(isAlive(pid)).toBe(false);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('startProcess', () => {
	it('reports how the process ended, with its output in the log', async () => {
		const child = startProcess(shell('echo out; echo err >&2; exit 3'));
		await expect(child.exited).resolves.toEqual({ code: 3, signal: null });
		expect(child.running).toBe(false);
		await expect(readFile(child.logFile, 'utf8')).resolves.toBe('out\nerr\n');
	});

	it('reports a command that does not exist as an exit, so that nobody waits for it', async () => {
		const child = startProcess({ ...shell(''), command: join(folder, 'missing') });
		await expect(child.exited).resolves.toEqual({ code: 127, signal: null });
	});

	it('stops a process by SIGTERM and takes along what that started, so that nothing stays behind', async () => {
		const child = startProcess(shell('trap "exit 0" TERM; sleep 1000 & echo $!; wait'));
		const grandchild = Number(await firstLine(child.logFile));
		await child.stop();
		await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
		await expectGone(grandchild);
	});

	it('kills a process that does not heed SIGTERM when the grace is over', async () => {
		const child = startProcess(shell('trap "" TERM; echo ready; while :; do sleep 1; done'));
		await firstLine(child.logFile);
		await child.stop(10);
		await expect(child.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
	});

	it('leaves nothing behind when the process that started it is killed', async () => {
		const logFile = join(folder, 'orphan.log');
		const program = `require('tsx/cjs/api').register();
			const { startProcess } = require('./n8n-lab/machine/processes');
			const options = { name: 'orphan', command: 'sh', args: ['-c', 'sleep 1000 & echo $! ; wait'], env: process.env };
			startProcess({ ...options, logFile: ${JSON.stringify(logFile)} });`;
		const starter = spawn(process.execPath, ['-e', program], { cwd: repositoryFolder, stdio: 'ignore' });
		while (!existsSync(logFile)) await new Promise(setImmediate);
		const grandchild = Number(await firstLine(logFile));
		starter.kill('SIGKILL');
		await expectGone(grandchild);
	});

	it('stops everything that was started', async () => {
		const children = [startProcess(shell('exec sleep 1000')), startProcess(shell('exec sleep 1000'))];
		await stopAllProcesses();
		expect(children.map(({ running }) => running)).toEqual([false, false]);
	});
});

describe('runCommand', () => {
	it('fails with the end of the output, because that is where the reason stands', async () => {
		const command = { ...shell('seq 1 50; echo disk full; exit 1'), env: {}, timeoutMs: 10_000 };
		await expect(runCommand(command)).rejects.toThrow(/^test failed \(exit code 1\); .*ends with:\n40\n[^]*50\ndisk full$/);
	});

	it('ends a command that takes too long', async () => {
		await expect(runCommand({ ...shell('exec sleep 1000'), env: {}, timeoutMs: 10 })).rejects.toThrow('test took longer than 0.01 s');
	});
});

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

describe('folder locks', () => {
	const folder = mkdtempSync(join(tmpdir(), 'folder-lock-'));
	const file = join(folder, 'in-use.pid');

	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	describe('withFolderLock', () => {
		it('lets one after the other in, and says whom it waits for', async () => {
			const order: string[] = [];
			const waited: number[] = [];
			let finish = () => undefined as void;
			const first = withFolderLock(folder, async () => {
				order.push('first starts');
				await new Promise<void>((resolve) => (finish = resolve));
				order.push('first ends');
			});
			while (order.length === 0) await new Promise(setImmediate);
			const second = withFolderLock(
				folder,
				async () => order.push('second'),
				(pid) => {
					waited.push(pid);
					finish();
				},
			);
			await Promise.all([first, second]);
			expect(order).toEqual(['first starts', 'first ends', 'second']);
			expect(waited).toEqual([process.pid]);
			expect(existsSync(file)).toBe(false);
		});

		it('opens again after a failure', async () => {
			await expect(withFolderLock(folder, async () => await Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
			await expect(withFolderLock(folder, async () => 'in')).resolves.toBe('in');
		});

		it('ignores what a process left that was killed in the middle', async () => {
			const { pid } = spawnSync(process.execPath, ['-e', '']);
			writeFileSync(file, String(pid));
			await expect(withFolderLock(folder, async () => 'in')).resolves.toBe('in');
		});
	});
});
