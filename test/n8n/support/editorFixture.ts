import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureChromium, openEditor } from '../../../n8n-lab/editor/openEditor';
import type { Editor } from '../../../n8n-lab/editor/openEditor';
import { demoFolder } from '../../../n8n-lab/paths';
import { startMesh } from './meshFixture';
import type { MeshFixture } from './meshFixture';
import { sharedN8n } from './sharedN8n';

/** What a test in the editor has: a sandbox that n8n knows, and n8n's editor in a browser. */
export interface EditorFixture extends Editor {
	mesh: MeshFixture;
}

/** Where pictures of failures stay after the run. */
const failuresFolder = join(demoFolder, 'failures');
const START_TIMEOUT_MS = 300_000;
const TEST_TIMEOUT_MS = 600_000;

/**
 * Opens the editor for the tests of a file, and closes it after them.
 * @returns how to write a test: like `it`, and when one fails, its error names a picture of the editor at that moment
 */
export function editorTests(): (name: string, test: (fixture: EditorFixture) => Promise<void>) => void {
	let fixture: EditorFixture;
	// n8n's notes and animations have their own timing: what fails twice is a fault.
	jest.retryTimes(1, { logErrorsBeforeRetry: true });

	beforeAll(async () => {
		const { url, owner, folder } = sharedN8n();
		await ensureChromium('to test in the editor', join(folder, 'apt.log'));
		const mesh = await startMesh();
		fixture = { ...(await openEditor(url, owner, join(folder, 'browser'))), mesh };
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await fixture.close();
		await fixture.mesh.close();
	});

	afterEach(async () => await fixture.mesh.sandbox.reset());

	return (name, test) => {
		it(
			name,
			async () => {
				try {
					await test(fixture);
				} catch (error) {
					(error as Error).message += `\nThe editor at that moment: ${await keepPicture(fixture, name)}`;
					await fixture.page.goto(sharedN8n().url); // the next test starts afresh
					throw error;
				}
			},
			TEST_TIMEOUT_MS,
		);
	};
}

async function keepPicture({ page }: EditorFixture, name: string): Promise<string> {
	const file = join(failuresFolder, `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 80)}.png`);
	await mkdir(failuresFolder, { recursive: true });
	await page.screenshot({ path: file });
	return file;
}
