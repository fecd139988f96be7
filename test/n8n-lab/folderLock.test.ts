import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFolderLock } from '../../n8n-lab/machine/folderLock';

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
