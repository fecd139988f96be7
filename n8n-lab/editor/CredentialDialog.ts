import type { Locator, Page } from 'playwright-core';
import type { CredentialInput } from '../rest/credentials';
import { chooseOption, closeToasts, field, fillField, toasts } from './controls';

/** The window in which a credential is entered. */
export class CredentialDialog {
	readonly root: Locator;

	constructor(private readonly page: Page) {
		this.root = page.getByTestId('editCredential-modal');
	}

	async fill(name: string, text: string): Promise<void> {
		await fillField(this.root, name, text);
	}

	async choose(name: string, option: string): Promise<void> {
		await chooseOption(this.root, name, option);
	}

	/** Scrolls until a field is in view. */
	async scrollTo(name: string): Promise<void> {
		await field(this.root, name).scrollIntoViewIfNeeded();
	}

	/** Saves; n8n tests the credential then, and closes the window when the test succeeds. */
	async save(): Promise<void> {
		await closeToasts(this.page);
		await this.root.getByTestId('credential-save-button').click();
		await toasts(this.page).first().waitFor();
	}

	/** Waits for the outcome of a test that succeeds; n8n tests a stored credential when its window opens. */
	async expectTested(): Promise<void> {
		await this.root.getByText('Connection tested successfully').waitFor();
	}

	/** Opens "More details" of a test that has failed. @returns the whole message */
	async failure(): Promise<string> {
		await this.root.getByText('More details').click();
		return await this.root.locator('.el-tag--danger:visible [class*="_details_"]').innerText();
	}

	async close(): Promise<void> {
		await this.root.getByRole('button', { name: 'Close this dialog' }).click();
		await this.root.waitFor({ state: 'hidden' });
	}
}

/** Fields for a Custom URL with PEM, which is chosen already. */
const TEXTS = ['baseUrl', 'mailboxId', 'mailboxPassword', 'sharedKey', 'clientCertificate', 'privateKey', 'caCertificates'];

/** Types a credential for the sandbox into the window of a new one, as a person would, and saves it. */
export async function enterCredential(dialog: CredentialDialog, { data }: CredentialInput): Promise<void> {
	await dialog.choose('environment', 'Custom URL');
	for (const name of TEXTS) await dialog.fill(name, String(data[name]));
	await dialog.save();
}
