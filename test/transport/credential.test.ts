import { draftClientOptions, toClientOptions } from '../../nodes/Mesh/transport/credential';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';

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
