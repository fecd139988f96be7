import type { Locator, Page } from 'playwright-core';
import { chooseOption, closeToasts, fillField, openOptions, toasts } from './controls';

/** How n8n's notes about the end of a run begin, and that it could not begin; there are others, on mapped data for example. */
const ENDED = /^(Node executed successfully|Problem in node|Problem running workflow)/;

/** On a busy machine a note can come and go unseen. After so long the run has ended all the same, and its output is for the caller to judge. */
const NOTE_TIMEOUT_MS = 30_000;

/** The panel of a node: its input on the left, its parameters, its output on the right. */
export class NodePanel {
	readonly root: Locator;
	readonly input: Locator;
	readonly output: Locator;

	constructor(private readonly page: Page) {
		this.root = page.getByTestId('ndv');
		this.input = this.root.getByTestId('ndv-input-panel');
		this.output = this.root.getByTestId('output-panel');
	}

	/** Opens it by a double click on the node. */
	async open(node: string): Promise<void> {
		await this.page.locator(`[data-test-id="canvas-node"][data-node-name="${node}"]`).dblclick();
		await this.root.waitFor();
	}

	async close(): Promise<void> {
		await this.root.getByTestId('ndv-close-button').click();
		await this.root.waitFor({ state: 'hidden' });
	}

	async fill(name: string, text: string): Promise<void> {
		await fillField(this.root, name, text);
	}

	async choose(name: string, option: string): Promise<void> {
		await chooseOption(this.root, name, option);
	}

	/** The opened drop-down of a parameter. */
	async openOptions(name: string): Promise<Locator> {
		return await openOptions(this.root, name);
	}

	/** Opens the searchable list of a parameter. @returns what it offers */
	async openList(name: string, search = ''): Promise<Locator> {
		await this.root.getByTestId(`resource-locator-${name}`).getByTestId('rlc-input').click();
		if (search !== '') await this.page.getByTestId('rlc-search').fill(search);
		const items = this.page.getByTestId('rlc-item');
		await items.first().waitFor();
		return items;
	}

	/** Types an ID instead of choosing from the list. */
	async enterId(name: string, id: string): Promise<void> {
		const locator = this.root.getByTestId(`resource-locator-${name}`);
		await locator.getByTestId('rlc-mode-selector').click();
		await this.page.locator('.el-select-dropdown:visible').getByText('By ID', { exact: true }).click();
		await locator.locator('input[data-test-id="rlc-input"], [data-test-id="rlc-input"] input').fill(id);
	}

	/** Changes a parameter from an expression to a fixed value, and types it. */
	async fillFixed(name: string, text: string): Promise<void> {
		await this.root.getByTestId(`${name}-parameter-input-options-container`).getByTestId('radio-button-fixed').click();
		await this.fill(name, text);
	}

	/** Names of the fields that the input offers, before the first run as well. */
	async inputFields(): Promise<string[]> {
		const names = this.input.locator('[data-target="mappable"][data-depth="1"]');
		await names.first().waitFor();
		return await names.evaluateAll((elements) => elements.map((element) => element.getAttribute('data-name') ?? ''));
	}

	async chooseCredential(name: string): Promise<void> {
		await this.root.getByTestId('node-credentials-select').click();
		await this.page.locator('[data-test-id^="node-credentials-select-item-"]').filter({ hasText: name }).click();
	}

	/** Opens the window for a new credential. */
	async createCredential(): Promise<void> {
		await this.root.getByTestId('node-credentials-select').click();
		await this.page.getByTestId('node-credentials-select-item-new').click();
		await this.page.getByTestId('editCredential-modal').waitFor();
	}

	/** Opens the window of the chosen credential; n8n tests it then. */
	async editCredential(): Promise<void> {
		await this.root.getByTestId('credential-edit-button').click();
		await this.page.getByTestId('editCredential-modal').waitFor();
	}

	/** "Execute step", or "Fetch Test Event" on a trigger, until n8n says that it has ended, well or not. */
	async execute(): Promise<void> {
		await closeToasts(this.page);
		const success = this.output.getByTestId('node-run-status-success');
		await this.root.getByTestId('node-execute-button').first().click();
		const note = toasts(this.page).filter({ hasText: ENDED });
		await note.waitFor({ timeout: NOTE_TIMEOUT_MS }).catch(async () => await success.waitFor());
		await closeToasts(this.page);
	}

	/** The items in the output, read from its JSON view. */
	async outputItems(): Promise<Array<Record<string, unknown>>> {
		await this.output.getByTestId('radio-button-json').click();
		const tree = this.output.locator('.vjs-tree');
		await tree.locator('.vjs-tree-node').last().filter({ hasText: ']' }).waitFor();
		return JSON.parse((await tree.innerText()).replaceAll('\u00a0', ' ')) as Array<Record<string, unknown>>;
	}
}
