import type { ICredentialTestFunctions, ICredentialsDecrypted } from 'n8n-workflow';
import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { MeshApi } from '../../credentials/MeshApi.credentials';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { meshApiConnectionTest } from '../../nodes/Mesh/methods';
import { type MeshApiCredentials, draftClientOptions, toClientOptions } from '../../nodes/Mesh/transport/credential';
import { type Sandbox, createCertificates, startSandbox } from '../../sandbox';
import { sandboxCredential } from '../engine/credentials';

describe('its fields', () => {
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
});

describe('its test', () => {
	const HOUR_MS = 3_600_000;
	let sandbox: Sandbox;
	beforeAll(async () => {
		sandbox = await startSandbox();
	});
	afterEach(async () => await sandbox.reset());
	afterAll(async () => await sandbox.close());

	/** What the Test button shows for the sandbox's credential with these changes; and that it quotes no secret. */
	async function pressTest(changes: Partial<MeshApiCredentials> = {}, of: Sandbox = sandbox) {
		const data = sandboxCredential(of, 'X26ABC1', changes);
		const result = await meshApiConnectionTest.call(
			{} as ICredentialTestFunctions,
			{ id: '1', name: 'MESH', type: 'meshApi', data } as unknown as ICredentialsDecrypted,
		);
		for (const secret of [data.mailboxPassword, data.sharedKey, data.passphrase, data.privateKey?.split('\n')[2]]) {
			if (secret !== undefined && secret.length > 8) expect(result.message).not.toContain(secret);
		}
		return result;
	}

	async function failure(changes: Partial<MeshApiCredentials>, of?: Sandbox): Promise<string> {
		const { status, message } = await pressTest(changes, of);
		expect(status).toBe('Error');
		return message;
	}

	/** Waits until the sandbox has noticed that no connection is left. */
	async function closed(): Promise<void> {
		while (sandbox.connections.open > 0) await new Promise(setImmediate);
	}

	describe('the Test button of the credential', () => {
		test('performs the handshake and closes its connection', async () => {
			expect(await pressTest()).toEqual({ status: 'OK', message: 'Connected to MESH as mailbox X26ABC1' });
			expect(sandbox.requests.map(({ call }) => call)).toEqual(['handshake']);
			await closed();
		});

		test.each<[string, (certificates: Sandbox['certificates']) => Partial<MeshApiCredentials>]>([
			[
				'a PEM that lost its line breaks in a one-line field',
				({ client, ca }) => ({
					clientCertificate: client.certificate.replaceAll('\n', ' '),
					privateKey: client.privateKey.replaceAll('\n', ' '),
					caCertificates: ca.replaceAll('\n', ' '),
				}),
			],
			[
				'a PKCS#12 file in base64',
				({ clientPkcs12, clientPkcs12Passphrase }) => ({
					certificateType: 'pkcs12',
					pkcs12: clientPkcs12.toString('base64'),
					passphrase: clientPkcs12Passphrase,
				}),
			],
			[
				'a PKCS#12 file in wrapped base64',
				({ clientPkcs12, clientPkcs12Passphrase }) => ({
					certificateType: 'pkcs12',
					pkcs12: clientPkcs12.toString('base64').replace(/.{64}/g, '$&\n'),
					passphrase: clientPkcs12Passphrase,
				}),
			],
			['a mailbox ID in lower case', () => ({ mailboxId: 'x26abc1' })],
			['no CA certificates, when SSL issues are to be ignored', () => ({ caCertificates: '', ignoreSslIssues: true })],
		])('accepts %s', async (_what, changes) => {
			expect(await pressTest(changes(sandbox.certificates))).toEqual({ status: 'OK', message: 'Connected to MESH as mailbox X26ABC1' });
		});

		test('accepts a test server over plain http without any certificate', async () => {
			const plain = await startSandbox({ tls: false });
			expect(await pressTest({ certificateType: 'none', caCertificates: '' }, plain)).toMatchObject({ status: 'OK' });
			await plain.close();
		});

		test.each([
			['a wrong mailbox password', { mailboxPassword: 'wrong-password' }],
			['a wrong shared key', { sharedKey: 'wrong-shared-key' }],
		])('explains %s: MESH does not tell which of the two is wrong', async (_what, changes) => {
			const message = await failure(changes);
			expect(message).toMatch(/mailbox ID.*password.*shared key.*403/is);
			expect(message).not.toMatch(/workflow/i);
		});

		test('explains a mailbox that MESH does not know, and speaks of no workflow ID', async () => {
			const message = await failure({ mailboxId: 'X26ABC9' });
			expect(message).toMatch(/^MESH does not know mailbox X26ABC9\. Check the mailbox ID in the credential/);
			expect(message).not.toMatch(/workflow/i);
		});

		test('explains that a certificate is missing, where the server hangs up rather than say so', async () => {
			const { ca, server } = sandbox.certificates;
			const reset = createTlsServer({ cert: server.certificate, key: server.privateKey }, (socket) => socket.destroy());
			await new Promise<void>((listening) => reset.listen(0, '127.0.0.1', listening));
			const baseUrl = `https://localhost:${(reset.address() as AddressInfo).port}`;
			expect(await failure({ baseUrl, caCertificates: ca, certificateType: 'none' })).toMatch(/credential has no client certificate/);
			expect(await failure({ baseUrl, caCertificates: ca })).toMatch(/refused the client certificate/);
			reset.close();
		});

		test('explains a clock that is off by more than two hours', async () => {
			const date = new Date(Date.now() + 3 * HOUR_MS).toUTCString();
			sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 403, headers: { date } } });
			expect(await failure({})).toMatch(/clock.*(3 h|2 h 59).*two hours/s);
		});

		test('explains a missing CA, and where to put it', async () => {
			expect(await failure({ caCertificates: '' })).toMatch(/CA Certificates/);
		});

		test('explains a refused client certificate', async () => {
			const { certificate, privateKey } = sandbox.certificates.strangerClient;
			expect(await failure({ clientCertificate: certificate, privateKey })).toMatch(/client certificate/);
		});

		test('explains that the server demands a certificate', async () => {
			expect(await failure({ certificateType: 'none' })).toMatch(/certificate/);
		});

		test('explains a key that does not belong to the certificate, before any request', async () => {
			expect(await failure({ privateKey: sandbox.certificates.strangerClient.privateKey })).toMatch(/key.*certificate|certificate.*key/s);
			expect(sandbox.connections.open).toBe(0);
		});

		test('explains a wrong and a missing passphrase', async () => {
			const encrypted = createPrivateKey(sandbox.certificates.client.privateKey).export({
				type: 'pkcs8',
				format: 'pem',
				cipher: 'aes-256-cbc',
				passphrase: 'right-passphrase',
			}) as string;
			expect(await pressTest({ privateKey: encrypted, passphrase: 'right-passphrase' })).toMatchObject({ status: 'OK' });
			expect(await failure({ privateKey: encrypted, passphrase: 'wrong-passphrase' })).toMatch(/passphrase/);
			expect(await failure({ privateKey: encrypted, passphrase: '' })).toMatch(/passphrase/);
			const { clientPkcs12 } = sandbox.certificates;
			expect(await failure({ certificateType: 'pkcs12', pkcs12: clientPkcs12.toString('base64'), passphrase: 'wrong-passphrase' })).toMatch(
				/passphrase/,
			);
		});

		test('explains text that is no certificate, no key and no PKCS#12 file', async () => {
			expect(await failure({ clientCertificate: 'not a certificate' })).toMatch(/certificate/i);
			expect(await failure({ privateKey: 'not a key' })).toMatch(/key/i);
			expect(await failure({ certificateType: 'pkcs12', pkcs12: 'bm90IGEgZmlsZQ==', passphrase: '' })).toMatch(/PKCS#12/);
		});

		test('explains a host that nobody answers on', async () => {
			expect(await failure({ baseUrl: `https://127.0.0.1:${(await findFreePorts(1))[0]}` })).toMatch(
				/nothing accepts connections there.*ECONNREFUSED/s,
			);
		});

		test('explains http where https is meant, and the other way round', async () => {
			const plain = await startSandbox({ tls: false });
			expect(await failure({ baseUrl: plain.url.replace('http:', 'https:') })).toMatch(/TLS/);
			expect(await failure({ baseUrl: sandbox.url.replace('https:', 'http:') })).toMatch(/begins with http:\/\/.*begin it with https:\/\//);
			await plain.close();
		});

		test('explains a certificate for another host name', async () => {
			expect(await failure({ baseUrl: `https://127.0.0.2:${sandbox.port}` })).toMatch(/host name|ECONNREFUSED/);
		});

		test.each([
			['baseUrl', { baseUrl: '' }],
			['baseUrl', { baseUrl: 'localhost' }],
			['mailbox', { mailboxId: '' }],
			['password', { mailboxPassword: '' }],
			['key', { sharedKey: '' }],
		])('names the empty or impossible field: %s', async (_field, changes) => {
			const message = await failure(changes);
			expect(message).toMatch(/Base URL|base URL|Mailbox ID|Mailbox Password|Shared Key/);
			expect(sandbox.requests).toHaveLength(0);
		});

		test('survives a credential without any field', async () => {
			const result = await meshApiConnectionTest.call(
				{} as ICredentialTestFunctions,
				{ id: '1', name: 'MESH', type: 'meshApi' } as ICredentialsDecrypted,
			);
			expect(result.status).toBe('Error');
		});

		test('two certificate sets do not fit each other', async () => {
			const other = await createCertificates();
			expect(await failure({ caCertificates: other.ca })).toMatch(/CA Certificates/);
		});
	});
});

const secrets = { mailboxPassword: 'pass-secret', sharedKey: 'key-secret' };
const custom: MeshApiCredentials = {
	environment: 'custom',
	baseUrl: 'http://localhost:8700/',
	mailboxId: ' x26abc1 ',
	certificateType: 'none',
	...secrets,
};

function refusal(credentials: MeshApiCredentials): unknown {
	try {
		toClientOptions(credentials);
	} catch (error) {
		return error;
	}
	throw new Error('The credential was accepted');
}

describe('toClientOptions', () => {
	test('knows the base URLs of the NHS environments', () => {
		const nhs = { ...custom, certificateType: 'pem', clientCertificate: 'x' } as const;
		expect([toClientOptionsUrl({ ...nhs, environment: 'integration' }), toClientOptionsUrl({ ...nhs, environment: 'production' })]).toEqual(
			['https://msg.intspineservices.nhs.uk', 'https://mesh-sync.spineservices.nhs.uk'],
		);
	});

	test('a Custom URL may be plain http without a certificate, so that test servers of others work', () => {
		expect(toClientOptions(custom)).toMatchObject({ baseUrl: 'http://localhost:8700/', tls: { ignoreSslIssues: false } });
	});

	test('white space around pasted values is dropped, because it would make every token wrong', () => {
		expect(toClientOptions({ ...custom, sharedKey: ' key-secret\n' })).toMatchObject({ mailboxId: 'x26abc1', sharedKey: 'key-secret' });
	});

	test('the client names itself with the version of the package', () => {
		expect(toClientOptions(custom).clientVersion).toMatch(/^n8n-nodes-nhs-mesh==[1-9]?\d*\.\d+\.\d+/);
		expect(toClientOptions(custom).clientVersion).not.toContain('==0.0.0');
	});

	test.each([
		['environment', { environment: 'toString' as never }],
		['baseUrl', { baseUrl: '' }],
		['mailboxId', { mailboxId: ' ' }],
		['mailboxPassword', { mailboxPassword: '' }],
		['sharedKey', { sharedKey: '' }],
		['pkcs12', { certificateType: 'pkcs12' as const }],
		['clientCertificate', { certificateType: 'pem' as const }],
		['certificateType', { environment: 'integration' as const }],
	])('%s: %j is refused by name, with what to do and without any secret', (parameter, change) => {
		const error = refusal({ ...custom, ...change });
		expect(error).toMatchObject({ name: 'MeshError', code: 'MESH_INVALID_CREDENTIAL', parameter, hint: expect.stringMatching(/\w/) });
		expect(JSON.stringify([error, (error as Error).message])).not.toMatch(/secret/);
	});

	test.each(['clientCertificate', 'privateKey'] as const)('one field may hold both certificate and key: %s', (field) => {
		expect(
			toClientOptions({ ...custom, certificateType: 'pem', clientCertificate: '', privateKey: ' ', [field]: 'both' }).tls,
		).toMatchObject({ [field]: 'both' });
	});

	const FIELDS = [
		'environment',
		'baseUrl',
		'mailboxId',
		'mailboxPassword',
		'sharedKey',
		'certificateType',
		'clientCertificate',
		'privateKey',
		'passphrase',
		'pkcs12',
		'caCertificates',
		'ignoreSslIssues',
	] as const;
	const VALUES: Array<[string, unknown]> = [
		['nothing', undefined],
		['null', null],
		['a number', 20_261_128],
		['zero', 0],
		['true', true],
		['an object', { a: 1 }],
		['a list', ['x']],
		['NaN', Number.NaN],
	];
	test.each(FIELDS.flatMap((field) => VALUES.map(([what, value]) => [field, what, value] as const)))(
		'%s may be %s, as an expression gives it: it is taken as text, or refused in our own words',
		(field, _what, value) => {
			for (const certificateType of ['none', 'pem', 'pkcs12'] as const) {
				const credential = { ...custom, clientCertificate: 'x', pkcs12: 'AAAA', certificateType, [field]: value } as MeshApiCredentials;
				const draft = draftClientOptions(credential);
				if (draft.problem !== undefined)
					expect(draft.problem).toMatchObject({
						name: 'MeshError',
						code: 'MESH_INVALID_CREDENTIAL',
						hint: expect.stringMatching(/^[A-Z]/),
					});
				const taken = Object.entries({ ...draft.options, ...draft.options.tls }).filter(([name]) =>
					(FIELDS as readonly string[]).includes(name),
				);
				for (const [name, held] of taken)
					expect([name, typeof held]).toEqual([
						name,
						name === 'ignoreSslIssues' ? 'boolean' : expect.stringMatching(name === 'pkcs12' ? /object|undefined/ : /string|undefined/),
					]);
			}
		},
	);

	test('a number is the same as its digits', () => {
		expect(toClientOptions({ ...custom, mailboxPassword: 12_345 as never, sharedKey: 0 as never })).toMatchObject({
			mailboxPassword: '12345',
			sharedKey: '0',
		});
	});

	test('an NHS environment never goes without checking the server, whatever was ticked on a Custom URL before', () => {
		const options = toClientOptions({
			...custom,
			environment: 'production',
			ignoreSslIssues: true,
			certificateType: 'pem',
			clientCertificate: 'x',
		});
		expect(options.tls.ignoreSslIssues).toBe(false);
		expect(toClientOptions({ ...custom, ignoreSslIssues: true }).tls.ignoreSslIssues).toBe(true);
	});
});

function toClientOptionsUrl(credentials: MeshApiCredentials): string {
	return toClientOptions(credentials).baseUrl;
}
