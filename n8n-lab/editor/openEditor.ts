import { chromium, selectors } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { ensurePrograms } from '../machine/aptPackages';
import type { Owner } from '../rest/restClient';
import { Canvas, Executions, NodeCreator } from './Canvas';
import { CredentialDialog } from './CredentialDialog';
import { NodePanel } from './NodePanel';

/** n8n's editor (2.41) in a browser: what a person sees and clicks. */
export interface Editor {
	page: Page;
	canvas: Canvas;
	nodeCreator: NodeCreator;
	panel: NodePanel;
	credential: CredentialDialog;
	executions: Executions;
	close(): Promise<void>;
}

const VIEWPORT = { width: 1440, height: 900 };
/** For machines that have much else to do; none of it is waited for in vain. */
const STEP_TIMEOUT_MS = 60_000;

/** Installs Chromium where it is missing. @param whatFor such as "to take screenshots" */
export async function ensureChromium(whatFor: string, logFile: string): Promise<void> {
	const chromiumPackage = [{ program: 'chromium', debianPackage: 'chromium' }];
	await ensurePrograms(chromiumPackage, whatFor, logFile, ['fonts-dejavu-core']);
}

/**
 * Opens n8n's start page, signed in. Addresses other than n8n's own are refused.
 * @param profile folder of the browser's profile: with the same one again, signing in and downloading the editor are saved
 */
export async function openEditor(url: string, owner: Owner, profile: string): Promise<Editor> {
	selectors.setTestIdAttribute('data-test-id'); // n8n's spelling
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: '/usr/bin/chromium',
		headless: true,
		viewport: VIEWPORT,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
	});
	context.setDefaultTimeout(STEP_TIMEOUT_MS);
	await context.route(
		(address) => !address.href.startsWith(url) && /^https?:$/.test(address.protocol),
		async (route) => await route.abort(),
	);
	const page = await openStartPage(context, url, owner);
	return {
		page,
		canvas: new Canvas(page, url),
		nodeCreator: new NodeCreator(page),
		panel: new NodePanel(page),
		credential: new CredentialDialog(page),
		executions: new Executions(page),
		close: async () => await context.close(),
	};
}

async function openStartPage(context: BrowserContext, url: string, owner: Owner): Promise<Page> {
	const page = context.pages()[0] ?? (await context.newPage());
	const email = page.locator('input[name="emailOrLdapLoginId"]');
	const menu = page.getByTestId('universal-add');
	await page.goto(url);
	await email.or(menu).waitFor();
	if (await email.isVisible()) {
		await email.fill(owner.email);
		await page.locator('input[name="password"]').fill(owner.password);
		await page.getByTestId('form-submit-button').click();
		await menu.waitFor();
	}
	return page;
}

/** A new workflow that begins with one of NHS MESH's actions, its panel open. @param words typed into the search field of the node creator */
export async function startWithAction({ canvas, nodeCreator }: Editor, words: string, action: string): Promise<void> {
	await canvas.openNew();
	await canvas.addFirstStep();
	await nodeCreator.openActions(words, 'NHS MESH');
	await nodeCreator.choose(action);
}
