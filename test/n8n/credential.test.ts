import { testCredential, testStoredCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { clientCertificates, startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { signIn } from './support/sharedN8n';

const HOUR_MS = 3_600_000;

let mesh: MeshFixture;
let rest: N8nRest;
let sandbox: Sandbox;

beforeAll(async () => {
	mesh = await startMesh();
	({ sandbox } = mesh);
	rest = await signIn();
});

afterAll(async () => await mesh.close());

/** Tests a credential that is right but for `changes`, as the editor's Test button does. */
async function test(changes: Record<string, unknown> = {}) {
	const credential = sandboxCredential('X26ABC1', sandbox.url, clientCertificates(sandbox.certificates));
	return await testCredential(rest, { ...credential, data: { ...credential.data, ...changes } });
}

describe("the editor's Test button", () => {
	it('performs the handshake with MESH and reports success', async () => {
		const before = sandbox.requests.length;
		await expect(test()).resolves.toMatchObject({ status: 'OK' });
		expect(sandbox.requests.slice(before).map(({ call, status }) => [call, status])).toContainEqual(['handshake', 200]);
	});

	it('works with the stored secrets, which never come back to the browser', async () => {
		await expect(testStoredCredential(rest, mesh.credentials.X26ABC1)).resolves.toMatchObject({ status: 'OK' });
		const stored = await rest.call<object>('GET', `/rest/credentials/${mesh.credentials.X26ABC1}?includeData=true`);
		for (const secret of ['TestKey', 'PRIVATE KEY', '"password"']) expect(JSON.stringify(stored)).not.toContain(secret);
	});

	it('takes PEM texts whose line breaks were lost in a one-line field', async () => {
		const { client, ca } = sandbox.certificates;
		const oneLine = (pem: string) => pem.trim().replaceAll('\n', ' ');
		const changes = {
			clientCertificate: oneLine(client.certificate),
			privateKey: oneLine(client.privateKey),
			caCertificates: oneLine(ca),
		};
		await expect(test(changes)).resolves.toMatchObject({ status: 'OK' });
	});

	it('takes a PKCS#12 file in base64 with its passphrase', async () => {
		const { clientPkcs12, clientPkcs12Passphrase } = sandbox.certificates;
		const changes = {
			certificateType: 'pkcs12',
			pkcs12: clientPkcs12.toString('base64'),
			passphrase: clientPkcs12Passphrase,
			clientCertificate: '',
			privateKey: '',
		};
		await expect(test(changes)).resolves.toMatchObject({ status: 'OK' });
		await expect(test({ ...changes, passphrase: 'wrong' })).resolves.toMatchObject({
			status: 'Error',
			message: expect.stringMatching(/passphrase/i) as string,
		});
	});

	it.each([
		['a wrong shared key', { sharedKey: 'WrongSecretKey' }, /shared key/i],
		['a wrong mailbox password', { mailboxPassword: 'wrong-secret' }, /password/i],
		['a mailbox that does not exist', { mailboxId: 'X26NONE' }, /mailbox/i],
		['a certificate authority that is not given', { caCertificates: '' }, /CA/],
		['a base URL that is none', { baseUrl: 'mesh.example' }, /base URL|https:/i],
		['an unreadable private key', { privateKey: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----' }, /private key/i],
	])('explains %s in plain words, without quoting a secret', async (_what, changes, expected) => {
		const { status, message } = await test(changes);
		expect(status).toBe('Error');
		expect(message).toMatch(expected);
		expect(message).not.toMatch(/WrongSecretKey|wrong-secret|c2VjcmV0|NHSMESH |-----BEGIN/);
	});

	it('explains that MESH does not accept the certificate of a stranger', async () => {
		const { strangerClient } = sandbox.certificates;
		const { status, message } = await test({ clientCertificate: strangerClient.certificate, privateKey: strangerClient.privateKey });
		expect([status, message]).toEqual(['Error', expect.stringMatching(/certificate/i)]);
	});

	it('explains that a certificate and a key do not belong together, before anything is sent', async () => {
		const before = sandbox.requests.length;
		const { status, message } = await test({ privateKey: sandbox.certificates.strangerClient.privateKey });
		expect([status, message]).toEqual(['Error', expect.stringMatching(/private key/i)]);
		expect(sandbox.requests).toHaveLength(before);
	});

	it('explains that nothing answers at the address', async () => {
		const [port] = await findFreePorts(1);
		const { status, message } = await test({ baseUrl: `https://localhost:${port}` });
		expect([status, message]).toEqual(['Error', expect.stringMatching(/reach|connect|refused/i)]);
	});

	it('explains that the clock is off by more than two hours, because MESH then refuses the right password too', async () => {
		const late = await startSandbox({ now: () => Date.now() + 3 * HOUR_MS });
		try {
			const { status, message } = await testCredential(rest, sandboxCredential('X26ABC1', late.url, clientCertificates(late.certificates)));
			expect([status, message]).toEqual(['Error', expect.stringMatching(/clock/i)]);
		} finally {
			await late.close();
		}
	});
});
