import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, selectors } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import type { Owner } from '../n8n/restClient';

/** n8n's editor in a browser, for taking pictures. */
export interface Editor {
	/** The canvas as one execution left it. */
	shootExecution(workflowId: string, executionId: string, file: string): Promise<void>;
	/** A node's panel after "Execute step". */
	shootNode(workflowId: string, node: string, file: string): Promise<void>;
	/** A trigger's panel after "Fetch Test Event". */
	shootTrigger(workflowId: string, node: string, file: string): Promise<void>;
	/** The credential of a node; n8n tests it when it is opened. */
	shootCredential(workflowId: string, node: string, file: string): Promise<void>;
	close(): Promise<void>;
}

const VIEWPORT = { width: 1440, height: 900 };
/** Animations and late loading; the pictures have no event to wait for. */
const SETTLE_MS = 2_000;
const WORK_TIMEOUT_MS = 60_000;

/** Signs in to n8n with a fresh browser profile. Addresses other than n8n's own are refused. */
export async function openEditor(url: string, owner: Owner, folder: string): Promise<Editor> {
	await mkdir(folder, { recursive: true });
	const profile = await mkdtemp(join(tmpdir(), 'nhs-mesh-browser-'));
	selectors.setTestIdAttribute('data-test-id'); // n8n's spelling
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: '/usr/bin/chromium',
		headless: true,
		viewport: VIEWPORT,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
	});
	await context.route((address) => !address.href.startsWith(url) && /^https?:$/.test(address.protocol), async (route) => await route.abort());
	const page = await signIn(context, url, owner);
	const shoot = async (file: string) => {
		await page.waitForTimeout(SETTLE_MS);
		await page.screenshot({ path: join(folder, file) });
	};
	return {
		async shootExecution(workflowId, executionId, file) {
			await page.goto(`${url}/workflow/${workflowId}/executions/${executionId}`);
			await page.getByTestId('execution-preview-details').or(page.locator('iframe').first()).first().waitFor();
			await shoot(file);
		},
		async shootNode(workflowId, node, file) {
			await openNode(page, url, workflowId, node);
			await execute(page);
			await shoot(file);
		},
		async shootTrigger(workflowId, node, file) {
			await openNode(page, url, workflowId, node);
			await execute(page);
			await shoot(file);
		},
		async shootCredential(workflowId, node, file) {
			await openNode(page, url, workflowId, node);
			await page.getByTestId('credential-edit-button').click();
			await page.getByTestId('editCredential-modal').waitFor();
			await page.getByText('Connection tested successfully').waitFor({ timeout: WORK_TIMEOUT_MS });
			await shoot(file);
		},
		async close() {
			await context.close();
			await rm(profile, { recursive: true, force: true });
		},
	};
}

async function signIn(context: BrowserContext, url: string, owner: Owner): Promise<Page> {
	const page = context.pages()[0] ?? (await context.newPage());
	await page.goto(`${url}/signin`);
	await page.locator('input[name="emailOrLdapLoginId"]').fill(owner.email);
	await page.locator('input[name="password"]').fill(owner.password);
	await page.getByTestId('form-submit-button').click();
	await page.waitForURL((address) => !address.pathname.startsWith('/signin'));
	return page;
}

async function openNode(page: Page, url: string, workflowId: string, node: string): Promise<void> {
	await page.goto(`${url}/workflow/${workflowId}`);
	const onCanvas = page.locator(`[data-test-id="canvas-node"][data-node-name="${node}"]`);
	await onCanvas.waitFor();
	await page.waitForTimeout(SETTLE_MS);
	await onCanvas.dblclick();
	await page.getByTestId('ndv').waitFor();
}

/** Presses "Execute step" (or "Fetch Test Event") and waits for output. */
async function execute(page: Page): Promise<void> {
	const panel = page.getByTestId('ndv');
	await panel.getByTestId('node-execute-button').click();
	await panel.getByTestId('output-panel').getByTestId('ndv-items-count').first().waitFor({ timeout: WORK_TIMEOUT_MS });
}
