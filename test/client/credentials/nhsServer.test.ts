import type { ICredentialsDecrypted, ICredentialTestFunctions } from 'n8n-workflow';
import { checkConnection, MeshClient } from '../../../nodes/Mesh/client';
import { meshApiConnectionTest } from '../../../nodes/Mesh/methods/credentialTest';
import { thrownBy } from '../world';

const HOSTS = [
	'mesh-sync.spineservices.nhs.uk',
	'msg.intspineservices.nhs.uk',
	'MESH-SYNC.national.ncrs.NHS.UK',
	'msg.int.spine2.ncrs.nhs.uk:443',
	'mesh-sync.spineservices.nhs.uk.',
	'nhs.uk',
	'mesh-sync.spineservices.nhs.uk:8443/messageexchange',
];
const OTHERS = ['localhost', '127.0.0.1:8700', 'nhs.uk.example', 'mynhs.uk', 'nhs.ukx', '[::1]:8700'];
const options = (baseUrl: string, ignoreSslIssues: boolean) => ({
	baseUrl,
	mailboxId: 'X26ABC1',
	mailboxPassword: 'password',
	sharedKey: 'TestKey',
	tls: { ignoreSslIssues },
});

test.each(HOSTS)('%s as a Custom URL is checked all the same: nothing switches that off, and plain http is refused', (host) => {
	expect(thrownBy(() => new MeshClient(options(`https://${host}`, true)))).toMatchObject({
		code: 'MESH_INVALID_CREDENTIAL',
		parameter: 'ignoreSslIssues',
		hint: expect.stringMatching(/Ignore SSL Issues/),
	});
	expect(thrownBy(() => new MeshClient(options(`http://${host}`, false)))).toMatchObject({
		code: 'MESH_INVALID_CREDENTIAL',
		parameter: 'baseUrl',
		hint: expect.stringMatching(/https/),
	});
	expect(() => new MeshClient(options(`https://${host}`, false))).not.toThrow();
});

test.each(OTHERS)('%s is no server of the NHS, and may be a test server', (host) => {
	for (const scheme of ['http', 'https']) expect(() => new MeshClient(options(`${scheme}://${host}`, true))).not.toThrow();
});

test('the Test button and Check Connection say so before anything is sent', async () => {
	const data = {
		environment: 'custom',
		baseUrl: 'https://mesh-sync.spineservices.nhs.uk',
		mailboxId: 'X26ABC1',
		mailboxPassword: 'p',
		sharedKey: 'k',
		certificateType: 'none',
		ignoreSslIssues: true,
	};
	const answer = await meshApiConnectionTest.call(
		{} as ICredentialTestFunctions,
		{ id: '1', name: 'MESH', type: 'meshApi', data } as unknown as ICredentialsDecrypted,
	);
	expect(answer).toMatchObject({ status: 'Error', message: expect.stringMatching(/always checked.*Ignore SSL Issues/) });
	// Behind a proxy the server is not looked at, so that this test asks nobody.
	const before = process.env.HTTPS_PROXY;
	process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
	const { failure } = await checkConnection(options('https://mesh-sync.spineservices.nhs.uk', true));
	if (before === undefined) delete process.env.HTTPS_PROXY;
	else process.env.HTTPS_PROXY = before;
	expect(failure).toMatchObject({ step: 'credential', error: { parameter: 'ignoreSslIssues' } });
});
