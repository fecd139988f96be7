import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startSandbox } from '../startSandbox';
import { playSampleTraffic } from './sampleTraffic';

/** The files in docs/images/ that are pictures of the page. */
export const SANDBOX_PICTURES = { messages: 'sandbox-messages.png', requests: 'sandbox-requests.png' } as const;

const VIEWPORT = { width: 1440, height: 900 };
/** Long enough for the highlight of new lines to fade. */
const SETTLE_MS = 1_500;

/**
 * Takes the pictures of the page that the documentation shows, from a sandbox of its own. Rejects when there is no Chromium at `executablePath`.
 */
export async function takeSandboxScreenshots(folder: string, executablePath = '/usr/bin/chromium'): Promise<void> {
	const { chromium } = await import('playwright-core');
	const sandbox = await startSandbox({ pagePort: 0 });
	const profile = await mkdtemp(join(tmpdir(), 'mesh-sandbox-browser-'));
	try {
		await playSampleTraffic(sandbox);
		const context = await chromium.launchPersistentContext(profile, {
			executablePath,
			headless: true,
			viewport: VIEWPORT,
			colorScheme: 'light',
			args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
		});
		const page = context.pages()[0] ?? (await context.newPage());
		await page.goto(`${sandbox.pageUrl}/#/messages/X26ABC2`);
		await page.getByRole('link', { name: 'Pathology results' }).click();
		await page.getByLabel('Beginning of the content').getByText('specimen').waitFor();
		await shoot(page, join(folder, SANDBOX_PICTURES.messages));
		await page.goto(`${sandbox.pageUrl}/#/requests`);
		await page.getByRole('row', { name: 'Invalid Authentication Token' }).getByRole('link').click();
		await page.getByText('Check the mailbox password').waitFor();
		await shoot(page, join(folder, SANDBOX_PICTURES.requests));
		await context.close();
	} finally {
		await sandbox.close();
		await rm(profile, { recursive: true, force: true });
	}
}

async function shoot(page: Page, path: string): Promise<void> {
	await page.mouse.move(0, 0);
	await page.waitForTimeout(SETTLE_MS);
	await page.screenshot({ path });
}
