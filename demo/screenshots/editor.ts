import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, selectors } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import type { Owner } from '../n8n/restClient';

/** n8n's editor in a browser, for taking pictures. */
export interface Editor {
	/** The canvas after "Execute workflow", with `nodes` of its nodes successful. */
	shootRun(workflowId: string, nodes: number, file: string): Promise<void>;
	/** A node's panel after "Execute step", a trigger's after "Fetch Test Event". */
	shootNode(workflowId: string, node: string, file: string): Promise<void>;
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
		async shootRun(workflowId, nodes, file) {
			await openWorkflow(page, url, workflowId);
			await page.getByTestId('execute-workflow-button').first().click();
			await page.getByTestId('canvas-node-status-success').nth(nodes - 1).waitFor({ timeout: WORK_TIMEOUT_MS });
			await closeToasts(page);
			await page.getByTestId('zoom-to-fit').click();
			await shoot(file);
		},
		async shootNode(workflowId, node, file) {
			await openWorkflow(page, url, workflowId);
			await openNode(page, node);
			await execute(page);
			await closeToasts(page);
			await shoot(file);
		},
		async shootCredential(workflowId, node, file) {
			await openWorkflow(page, url, workflowId);
			await openNode(page, node);
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

async function openWorkflow(page: Page, url: string, workflowId: string): Promise<void> {
	await page.goto(`${url}/workflow/${workflowId}`);
	await page.getByTestId('canvas-node').first().waitFor();
	await page.waitForTimeout(SETTLE_MS);
}

async function openNode(page: Page, node: string): Promise<void> {
	await page.locator(`[data-test-id="canvas-node"][data-node-name="${node}"]`).dblclick();
	await page.getByTestId('ndv').waitFor();
}

/** Notes such as "Workflow executed successfully" lie over the picture. */
async function closeToasts(page: Page): Promise<void> {
	const close = page.locator('.el-notification__closeBtn');
	while ((await close.count()) > 0) await close.first().click({ timeout: SETTLE_MS }).catch(() => undefined);
}

/** Presses "Execute step" (or "Fetch Test Event"), waits for success, and shows the output as JSON. */
async function execute(page: Page): Promise<void> {
	const panel = page.getByTestId('ndv');
	const output = panel.getByTestId('output-panel');
	await panel.getByTestId('node-execute-button').first().click();
	await output.getByTestId('node-run-status-success').waitFor({ timeout: WORK_TIMEOUT_MS });
	await output.getByTestId('radio-button-json').click();
	await page.mouse.move(0, 0); // no tooltips
}
