import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MeshApi } from '../../credentials/MeshApi.credentials';

const credential = new MeshApi();
const shownWith = (values: Record<string, string>) =>
	credential.properties
		.filter(({ displayOptions }) =>
			Object.entries(displayOptions?.show ?? {}).every(([name, allowed]) => (allowed ?? []).includes(values[name] ?? '')),
		)
		.map(({ name }) => name);

describe('the credential NHS MESH API', () => {
	test('every secret is a password field, so that n8n neither shows it nor gives it out', () => {
		const secrets = credential.properties.filter(({ typeOptions }) => typeOptions?.password === true).map(({ name }) => name);
		expect(secrets).toEqual(expect.arrayContaining(['mailboxPassword', 'sharedKey', 'privateKey', 'passphrase', 'pkcs12']));
	});

	test('an NHS environment shows neither a base URL nor a way around checking the server', () => {
		for (const environment of ['integration', 'production']) {
			const shown = shownWith({ environment, certificateType: 'pem' });
			expect(shown).not.toContain('baseUrl');
			expect(shown).not.toContain('ignoreSslIssues');
			expect(shown).toEqual(
				expect.arrayContaining([
					'mailboxId',
					'mailboxPassword',
					'sharedKey',
					'clientCertificate',
					'privateKey',
					'passphrase',
					'caCertificates',
				]),
			);
		}
	});

	test('only a Custom URL may go without a client certificate', () => {
		const choices = credential.properties.filter(({ name }) => name === 'certificateType');
		const withNone = choices.filter(({ options = [] }) => options.some((option) => 'value' in option && option.value === 'none'));
		expect(withNone.map(({ displayOptions }) => displayOptions?.show?.environment)).toEqual([['custom']]);
		expect(shownWith({ environment: 'custom', certificateType: 'none' })).not.toEqual(expect.arrayContaining(['clientCertificate']));
	});

	test('exactly one choice of certificate is shown in every environment', () => {
		for (const environment of ['integration', 'production', 'custom']) {
			expect(shownWith({ environment }).filter((name) => name === 'certificateType')).toHaveLength(1);
		}
	});

	test('its icons exist', () => {
		const { light, dark } = credential.icon as { light: string; dark: string };
		for (const icon of [light, dark]) expect(existsSync(join(__dirname, '../../credentials', icon.replace('file:', '')))).toBe(true);
	});
});
