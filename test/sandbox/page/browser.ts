import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Sandbox } from '../../../sandbox';
import { BROWSER_ARGUMENTS } from '../../../sandbox/page/screenshots';
import { sandboxForTests } from '../support/caller';

const PATHS = [process.env.CHROMIUM_PATH ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** For machines that have much else to do; none of it is waited for in vain. */
const STEP_TIMEOUT_MS = 30_000;
jest.setTimeout(4 * STEP_TIMEOUT_MS);

/** An installed Chromium, if there is one. */
const chromiumPath = PATHS.find((path) => path !== '' && existsSync(path));

/** Tests that need a browser; where there is none they are skipped, and that is said. */
export const describeInBrowser: typeof describe = chromiumPath === undefined ? describe.skip : describe;
if (chromiumPath === undefined)
	process.stderr.write(
		'The tests of the sandbox page are skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM_PATH).\n',
	);

/** What a page did that it must not do. */
interface Watched {
	page: Page;
	/** Console errors (violations of the content policy among them) and exceptions. */
	errors: string[];
	/** Requests to anywhere but the sandbox's page. */
	foreign: string[];
}

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath, args: BROWSER_ARGUMENTS });

/** Opens the page in a fresh profile and waits until it is live. */
export async function openPage(browser: Browser, sandbox: Sandbox, hash = '', options: BrowserContextOptions = {}): Promise<Watched> {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
	const page = await context.newPage();
	const watched: Watched = { page, errors: [], foreign: [] };
	page.setDefaultTimeout(STEP_TIMEOUT_MS);
	page.on('console', (message) => {
		if (message.type() === 'error') watched.errors.push(message.text());
	});
	page.on('pageerror', (error) => watched.errors.push(error.message));
	page.on('request', (request) => {
		if (!request.url().startsWith(`${sandbox.pageUrl}/`)) watched.foreign.push(request.url());
	});
	await page.goto(`${sandbox.pageUrl}/${hash}`);
	await page.getByText('live', { exact: true }).waitFor();
	return watched;
}

/** For all tests of a block: a sandbox, a browser, and pages that must do nothing wrong until the end of their test. */
export function pagesForTests(firstHash = '') {
	const world = sandboxForTests({ pagePort: 0 });
	const opened: Watched[] = [];
	const holder: { browser?: Browser } = {};
	beforeAll(async () => {
		holder.browser = await launchBrowser();
	});
	afterEach(async () => {
		for (const { page, errors, foreign } of opened.splice(0)) {
			await page.context().close();
			expect(errors).toEqual([]);
			expect(foreign).toEqual([]);
		}
		await world.sandbox.reset();
	});
	afterAll(() => holder.browser?.close());
	return {
		world,
		opened,
		get browser() {
			return holder.browser as Browser;
		},
		async open(hash = firstHash, options: BrowserContextOptions = {}): Promise<Page> {
			const watched = await openPage(holder.browser as Browser, world.sandbox, hash, options);
			opened.push(watched);
			return watched.page;
		},
	};
}
