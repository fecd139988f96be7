import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeToasts } from '../n8n-lab/editor/controls';
import { ensureChromium, openEditor } from '../n8n-lab/editor/openEditor';
import { readExamples } from '../n8n-lab/exampleWorkflows';
import { findFreePorts, isPortFree } from '../n8n-lab/machine/ports';
import { ENDING_SIGNALS, stopAllProcesses } from '../n8n-lab/machine/processes';
import { repositoryFolder } from '../n8n-lab/paths';
import { createProgress, describeFailure } from '../n8n-lab/terminal';
import { takeSandboxScreenshots } from '../sandbox/page/screenshots';
import { pictures } from './pictures';
import type { Picture, Scene } from './pictures';
import { DEMO_STEPS, startDemo } from './startDemo';

const imagesFolder = join(repositoryFolder, 'docs', 'images');
/** It shows in the picture of the credential. */
const USUAL_SANDBOX_PORT = 8700;
/** Animations and late loading; the pictures have no event to wait for. */
const SETTLE_MS = 2_000;

/** `npm run screenshots`: takes the pictures of docs/images/ from a fresh demo. @returns the exit code */
export async function main(): Promise<number> {
	for (const signal of ENDING_SIGNALS) process.once(signal, () => process.exit(1));
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-screenshots-'));
	try {
		await ensureChromium('to take screenshots', join(folder, 'apt.log'));
		await mkdir(imagesFolder, { recursive: true });
		const { step } = createProgress(process.stdout, DEMO_STEPS + pictures.length + 1);
		const [port, freePort] = await findFreePorts(2);
		const sandboxPort = (await isPortFree(USUAL_SANDBOX_PORT)) ? USUAL_SANDBOX_PORT : freePort;
		const demo = await startDemo({ folder, port, sandboxPort }, { step });
		const editor = await openEditor(demo.url, demo.owner, join(folder, 'browser'));
		try {
			const scene = { editor, demo, examples: await readExamples() };
			for (const picture of pictures) await step(`Picture of ${picture.shows}`, async () => await take(picture, scene));
		} finally {
			await editor.close();
		}
		await step("Pictures of the sandbox's page", async () => await takeSandboxScreenshots(imagesFolder));
		return 0;
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	} finally {
		await stopAllProcesses();
		await rm(folder, { recursive: true, force: true });
	}
}

async function take({ file, arrange }: Picture, scene: Scene): Promise<void> {
	const { page } = scene.editor;
	await arrange(scene);
	await closeToasts(page);
	await page.mouse.move(0, 0); // no tooltips
	await page.waitForTimeout(SETTLE_MS);
	await page.screenshot({ path: join(imagesFolder, file) });
}
