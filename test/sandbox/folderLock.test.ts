import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../sandbox';
import { FolderLock, LOCK_FILE } from '../../sandbox/store/folderLock';
import { withSandbox } from './support/caller';
import { setDate } from './support/setDate';

const ROOT = join(__dirname, '../..');
let dataFolder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
	dataFolder = mkdtempSync(join(tmpdir(), 'mesh-sandbox-test-'));
});
afterEach(() => {
	jest.useRealTimers();
	for (const child of children.splice(0)) child.kill('SIGKILL');
	rmSync(dataFolder, { recursive: true, force: true });
});

/** The command line in a process of its own; resolves when it runs (with its page's address) or has ended (with its status). */
function start(): Promise<{ child: ChildProcess; output: string; page?: string; code?: number | null }> {
	const argv = ['--import', 'tsx', 'sandbox/cli.ts', '--port', '0', '--page-port', '0', '--no-tls', '--quiet', '--data', dataFolder];
	return new Promise((resolve, reject) => {
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- two processes on one folder are what is tested; none of this is published
		const child = spawn(process.execPath, argv, { cwd: ROOT });
		children.push(child);
		let output = '';
		const take = (text: Buffer) => {
			output += text.toString();
			if (/Shared Key.*\n/.test(output)) resolve({ child, output, page: / in a browser: (\S+)/.exec(output)?.[1] });
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		child.once('error', reject);
		child.once('close', (code) => resolve({ child, output, code }));
	});
}

async function put(page: string | undefined, content: string): Promise<string> {
	const answer = await fetch(`${page}/messageexchange/admin/message`, {
		method: 'POST',
		headers: { origin: String(page) },
		body: JSON.stringify({ to: 'X26ABC2', content }),
	});
	return ((await answer.json()) as { message_id: string }).message_id;
}

async function kill(child: ChildProcess): Promise<void> {
	const ended = new Promise((resolve) => child.once('close', resolve));
	child.kill('SIGKILL');
	await ended;
}

test("a second sandbox on a folder in use is refused in one line, and the first loses nothing; one that was killed stands in nobody's way", async () => {
	const first = await start();
	const ids = [await put(first.page, 'before')];
	const journal = readFileSync(join(dataFolder, 'journal.jsonl'), 'utf8');
	const second = await start();
	expect([second.code, second.output]).toEqual([
		1,
		`${dataFolder} is in use by another sandbox (process ${first.child.pid}). End it, or choose another folder with --data.\n`,
	]);
	expect(readFileSync(join(dataFolder, 'journal.jsonl'), 'utf8')).toBe(journal);
	ids.push(await put(first.page, 'after'));
	await kill(first.child);
	await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
		expect(sandbox.inbox('X26ABC2')).toEqual(ids);
		expect((await sandbox.content(ids[1])).toString()).toBe('after');
	});
}, 120_000);

test('one process has one sandbox per folder, and the next when that is closed', async () => {
	await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
		const id = await sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		await expect(startSandbox({ dataFolder })).rejects.toMatchObject({
			code: 'ERR_SANDBOX_FOLDER_IN_USE',
			message: expect.stringContaining(dataFolder) as string,
		});
		expect((await sandbox.content(id)).toString()).toBe('x');
	});
	expect(readdirSync(dataFolder)).not.toContain(LOCK_FILE);
	const started = await Promise.allSettled([startSandbox({ dataFolder }), startSandbox({ dataFolder })]);
	expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
	for (const each of started) if (each.status === 'fulfilled') await each.value.close();
});

/** Open files in the data folder, where the system tells. */
function openFiles(): string[] {
	const descriptors = '/proc/self/fd';
	const target = (name: string) => {
		try {
			return [readlinkSync(join(descriptors, name))];
		} catch {
			// The one by which this folder itself was read.
			return [];
		}
	};
	return existsSync(descriptors)
		? readdirSync(descriptors)
				.flatMap(target)
				.filter((file) => file.startsWith(dataFolder))
		: [];
}

test('a start that fails gives the folder free and keeps no file open', async () => {
	await withSandbox({}, async (_mesh, other) => {
		await expect(startSandbox({ dataFolder, port: other.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
		const certificates = { ...other.certificates, server: { certificate: 'none', privateKey: 'none' } };
		await expect(startSandbox({ dataFolder, certificates })).rejects.toThrow();
		expect(openFiles()).toEqual([]);
	});
	rmSync(join(dataFolder, 'messages'), { recursive: true });
	writeFileSync(join(dataFolder, 'messages'), 'a file where a folder should be');
	await expect(startSandbox({ dataFolder })).rejects.toMatchObject({ code: expect.stringMatching(/^E/) as string });
	expect(openFiles()).toEqual([]);
	rmSync(join(dataFolder, 'messages'));
	await withSandbox({ dataFolder }, async (mesh) => expect(await mesh.list('X26ABC2')).toEqual([]));
});

describe('a lock left behind', () => {
	const lockFile = () => join(dataFolder, LOCK_FILE);
	const taken = async (change: Record<string, unknown>) => {
		const lock = await FolderLock.take(dataFolder);
		const content = JSON.parse(readFileSync(lockFile(), 'utf8')) as Record<string, unknown>;
		await lock.release();
		writeFileSync(lockFile(), JSON.stringify({ ...content, ...change }));
	};
	const takesOver = async () => {
		await (await FolderLock.take(dataFolder, 100)).release();
		expect(readdirSync(dataFolder)).toEqual([]);
	};

	it.each([
		['whose process number another process has now', { pid: 1 }],
		['whose process had the number of this one, as in a container', { born: '1' }],
		['of a time before the machine was started, or of another container', { space: 'another' }],
		['of a system that does not tell when a process began', { born: undefined }],
	])('%s is taken over', async (_text, change) => {
		await taken(change);
		await takesOver();
	});

	it.each(['', '{"pid":', '{"pid":"1"}', 'null'])('that holds %j is taken over', async (content) => {
		writeFileSync(lockFile(), content);
		await takesOver();
	});

	it('that is a link to nothing is told of, and not tried for ever', async () => {
		symlinkSync(join(dataFolder, 'nothing'), lockFile());
		await expect(FolderLock.take(dataFolder)).rejects.toThrow(`${lockFile()} can be neither made nor read.`);
	});

	it('is not taken over while somebody marks it, though the process cannot be looked at, and whatever date a test suite has set', async () => {
		setDate(new Date('2020-01-01T00:00:00Z'));
		const lock = await FolderLock.take(dataFolder);
		const marks = () => statSync(lockFile()).mtimeMs;
		for (const before = marks(); marks() === before; ) await new Promise((resolve) => setImmediate(resolve));
		const content = JSON.parse(readFileSync(lockFile(), 'utf8')) as Record<string, unknown>;
		writeFileSync(lockFile(), JSON.stringify({ ...content, space: 'another', pid: 7 }));
		await expect(FolderLock.take(dataFolder)).rejects.toThrow(`${dataFolder} is in use by another sandbox (process 7).`);
		await lock.release();
	}, 60_000);
});
