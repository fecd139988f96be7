import type { Locator, Page } from 'playwright-core';

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
		if (!(await this.items.filter({ hasText: /actions$/i }).first().isVisible())) await actions.click();
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
