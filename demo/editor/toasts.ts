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
