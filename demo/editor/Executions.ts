import type { Page } from 'playwright-core';

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
