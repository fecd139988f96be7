import type { Locator, Page } from 'playwright-core';
import { closeToasts } from './controls';

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
			const missed = await plus.waitFor({ timeout: MENU_TIMEOUT_MS }).then(
				() => undefined,
				(error: Error) => error,
			);
			if (missed === undefined) return;
			if (click === MENU_CLICKS) throw missed;
		}
	}

	/** A stored workflow. */
	async open(workflowId: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${workflowId}`);
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	/** A stored workflow, without loading the editor again as open() does: by the editor's own router, past its start page. */
	async goTo(workflowId: string): Promise<void> {
		const nodes = this.page.getByTestId('canvas-node');
		await this.route('/home/workflows');
		await nodes.first().waitFor({ state: 'detached' });
		await this.route(`/workflow/${workflowId}`);
		await nodes.first().waitFor();
	}

	private async route(path: string): Promise<void> {
		// As text: the browser's globals are not those of the types here.
		await this.page.evaluate(
			`history.pushState({}, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate', { state: {} }))`,
		);
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

	/** "Execute workflow", until so many nodes are successful; one of them may wait for a trigger's poll. */
	async execute(nodes: number): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').first().click();
		await this.page
			.getByTestId('canvas-node-status-success')
			.nth(nodes - 1)
			.waitFor({ timeout: ARRIVAL_TIMEOUT_MS });
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

/** The list of nodes and of their actions that opens beside the canvas. */
export class NodeCreator {
	readonly root: Locator;
	private readonly items: Locator;

	constructor(private readonly page: Page) {
		this.root = page.getByTestId('node-creator');
		this.items = this.root.getByTestId('item-iterator-item');
	}

	/** Types into the search field. @returns the node of that name among those found */
	async search(words: string, node: string): Promise<Locator> {
		await this.root.getByTestId('node-creator-search-bar').fill(words);
		const found = this.items.filter({ has: this.page.getByText(node, { exact: true }) });
		await found.waitFor();
		return found;
	}

	/** Finds an app and opens the list of what it can do. */
	async openActions(words: string, app: string): Promise<void> {
		await (await this.search(words, app)).click();
		const actions = this.root.getByTestId('node-creator-category-item').filter({ hasText: 'Actions' });
		await actions.waitFor();
		// On an empty canvas the list of triggers is open and that of actions is not.
		if (
			!(await this.items
				.filter({ hasText: /actions$/i })
				.first()
				.isVisible())
		)
			await actions.click();
	}

	/** Adds a node with one of its actions, or a trigger: its panel opens. */
	async choose(action: string): Promise<void> {
		await this.items.filter({ has: this.page.getByText(action, { exact: true }) }).click();
		await this.page.getByTestId('ndv').waitFor();
	}

	/** Texts of the actions, headings among them. */
	async actions(): Promise<string[]> {
		return await this.items.allInnerTexts();
	}
}

/** A polling trigger looks once a minute. */
const ARRIVAL_TIMEOUT_MS = 130_000;

/** The list of executions of a workflow, with one of them beside it. */
export class Executions {
	constructor(private readonly page: Page) {}

	/** Changes to it from the canvas. */
	async open(): Promise<void> {
		await this.page.getByTestId('radio-button-executions').click();
		await this.page.getByTestId('current-executions-list').waitFor();
	}

	/** Shows the latest execution with this status, such as "Succeeded"; waits until there is one. Its nodes open as on the canvas. */
	async show(status: string): Promise<void> {
		const entries = this.page.locator('[data-test-id^="execution-details-"]').filter({ hasText: status });
		await entries.first().click({ timeout: ARRIVAL_TIMEOUT_MS });
		await this.page.getByTestId('execution-preview-label').filter({ hasText: status }).waitFor();
	}
}
