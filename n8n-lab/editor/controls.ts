import type { Locator, Page } from 'playwright-core';

/** n8n's notes in the corner, such as "Node executed successfully". */
export function toasts(page: Page): Locator {
	return page.locator('.el-notification');
}

/** Closes the notes; they lie over buttons, and the next one shall be told from them. */
export async function closeToasts(page: Page): Promise<void> {
	for (;;) {
		const [toast] = await toasts(page).elementHandles();
		if (!toast) return;
		// It may go by itself at any moment.
		await (await toast.$('.el-notification__closeBtn'))?.click().catch(() => undefined);
		await toast.waitForElementState('hidden');
	}
}

/** The control of a parameter, by the name that it has in the description. @param scope a node's panel or a credential's dialog */
export function field(scope: Locator, name: string): Locator {
	return scope.getByTestId(`parameter-input-${name}`);
}

/** Types a text, or a number, into a field. */
export async function fillField(scope: Locator, name: string, text: string): Promise<void> {
	await field(scope, name).locator('input, textarea').fill(text);
}

/** Opens a drop-down. @returns its items */
export async function openOptions(scope: Locator, name: string): Promise<Locator> {
	await field(scope, name).click();
	const items = scope.page().locator('.el-select-dropdown:visible').getByTestId('parameter-input-item');
	await items.first().waitFor();
	return items;
}

/** Chooses from a drop-down by the text that is shown. */
export async function chooseOption(scope: Locator, name: string, option: string): Promise<void> {
	const items = await openOptions(scope, name);
	await items.filter({ has: scope.page().getByText(option, { exact: true }) }).click();
}
