import type { Locator } from 'playwright-core';

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
