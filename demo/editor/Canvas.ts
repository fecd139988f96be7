import type { Locator, Page } from 'playwright-core';
import { closeToasts } from './toasts';

/** While the editor is still on its way to its start page, a click in the menu leads nowhere: it is repeated. */
const MENU_TIMEOUT_MS = 20_000;
const MENU_CLICKS = 4;

/** A workflow on the canvas. */
export class Canvas {
	constructor(
		private readonly page: Page,
		private readonly url: string,
	) {}

	/** A new, empty workflow, by the menu: the page is not loaded again for it. */
	async openNew(): Promise<void> {
		const closePanel = this.page.getByTestId('ndv-close-button');
		if (await closePanel.isVisible()) await closePanel.click();
		const plus = this.page.getByTestId('canvas-plus-button');
		for (let click = 1; ; click++) {
			await this.page.getByTestId('universal-add').click();
			await this.page.getByTestId('navigation-menu-item').filter({ hasText: 'New workflow' }).click();
			const missed = await plus.waitFor({ timeout: MENU_TIMEOUT_MS }).then(() => undefined, (error: Error) => error);
			if (missed === undefined) return;
			if (click === MENU_CLICKS) throw missed;
		}
	}

	/** A stored workflow. */
	async open(workflowId: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${workflowId}`);
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	/** Clicks "Add first step ..." on the empty canvas: the node creator opens. */
	async addFirstStep(): Promise<void> {
		await this.page.getByTestId('canvas-plus-button').click();
	}

	/** Clicks the plus behind a node that has nothing behind it: the node creator opens. */
	async addStepAfter(node: string): Promise<void> {
		await this.fit();
		await this.node(node).getByTestId('canvas-handle-plus').click();
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** ID of the workflow, once n8n has saved it by itself. */
	async workflowId(): Promise<string> {
		const pattern = /\/workflow\/(?!new)([A-Za-z0-9]+)/;
		await this.page.waitForURL(pattern);
		return pattern.exec(this.page.url())![1];
	}

	/** "Execute workflow", until so many nodes are successful. */
	async execute(nodes: number): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').first().click();
		await this.page.getByTestId('canvas-node-status-success').nth(nodes - 1).waitFor();
		await closeToasts(this.page);
	}

	/** Publishes the workflow: its triggers run. @returns what n8n says then */
	async publish(): Promise<string> {
		await this.page.getByTestId('workflow-open-publish-modal-button').click();
		await this.page.getByTestId('workflow-publish-button').click();
		const published = this.page.getByRole('dialog').filter({ hasText: 'Workflow published' });
		const text = await published.innerText();
		await published.getByRole('button', { name: 'Got it' }).click();
		await published.waitFor({ state: 'hidden' });
		return text;
	}

	/** Shows the whole workflow. */
	async fit(): Promise<void> {
		await this.page.getByTestId('zoom-to-fit').click();
	}
}
