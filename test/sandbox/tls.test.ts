import { X509Certificate } from 'node:crypto';
import { Agent, request, type RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { createCertificates } from '../../sandbox';
import { sandboxForTests, withSandbox } from './support/caller';

describe('mutual TLS', () => {
	const world = sandboxForTests();
	const ping = (options: RequestOptions) =>
		new Promise<number | string>((resolve) => {
			const call = request(`${world.sandbox.url}/messageexchange/_ping`, { agent: false, ca: world.sandbox.certificates.ca, ...options }, (response) => {
				response.resume();
				response.once('end', () => resolve(response.statusCode ?? 0));
			});
			call.once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
			call.end();
		});
	const pair = (of: 'client' | 'strangerClient') => ({ cert: world.sandbox.certificates[of].certificate, key: world.sandbox.certificates[of].privateKey });

	it.each(['TLSv1.2', 'TLSv1.3'] as const)('takes the client certificate under %s', async (version) => {
		expect(await ping({ ...pair('client'), minVersion: version, maxVersion: version })).toBe(200);
	});

	it('takes the same as PKCS#12', async () => {
		const { clientPkcs12, clientPkcs12Passphrase } = world.sandbox.certificates;
		expect(await ping({ pfx: clientPkcs12, passphrase: clientPkcs12Passphrase })).toBe(200);
	});

	it.each(['TLSv1.2', 'TLSv1.3'] as const)('refuses a stranger with the alert unknown_ca under %s', async (version) => {
		expect(await ping({ ...pair('strangerClient'), minVersion: version, maxVersion: version })).toMatch(/alert unknown ca/);
	});

	it('says so under every AES suite', async () => {
		for (const ciphers of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384']) {
			expect(await ping({ ...pair('strangerClient'), ciphers })).toMatch(/^ERR_SSL_TLSV1_ALERT_UNKNOWN_CA/);
		}
	});

	it('refuses a client without a certificate, and TLS before 1.2', async () => {
		expect(await ping({})).toMatch(/alert certificate required/);
		expect(await ping({ ...pair('client'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(/alert protocol version|EPROTO|unsupported/i);
	});

	it('is trusted through its own authority only', async () => {
		expect(await ping({ ...pair('client'), ca: undefined })).toMatch(/self-signed|unable to verify|UNABLE_TO_VERIFY/);
	});

	it('counts connections, and those that resumed a session', async () => {
		const before = { ...world.sandbox.connections };
		// An agent without keep-alive opens a connection per request and offers the sessions it has seen.
		const agent = new Agent({ ca: world.sandbox.certificates.ca, ...pair('client') });
		expect([await ping({ agent }), await ping({ agent })]).toEqual([200, 200]);
		expect([world.sandbox.connections.accepted - before.accepted, world.sandbox.connections.resumed - before.resumed]).toEqual([2, 1]);
	});

	it('may go without client certificates', async () => {
		await withSandbox({ requireClientCertificate: false }, async (_mesh, sandbox) => {
			const status = await new Promise((resolve, reject) => {
				request(`${sandbox.url}/messageexchange/_ping`, { agent: false, ca: sandbox.certificates.ca }, (response) => resolve(response.resume().statusCode)).once('error', reject).end();
			});
			expect(status).toBe(200);
		});
	});
});

describe('certificates', () => {
	it('have the names the NHS gives, are signed by their authority, and are new each time', async () => {
		const [one, other] = [await createCertificates('X26ABC2.X26.api.mesh-client.nhs.uk'), await createCertificates()];
		const [ca, client, server, stranger] = [one.ca, one.client.certificate, one.server.certificate, one.strangerClient.certificate].map((pem) => new X509Certificate(pem));
		expect(client.subject).toBe('CN=X26ABC2.X26.api.mesh-client.nhs.uk');
		expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
		expect([client.verify(ca.publicKey), server.verify(ca.publicKey), stranger.verify(ca.publicKey)]).toEqual([true, true, false]);
		expect(one.ca).not.toBe(other.ca);
	});

	it('can be made so that the client\'s expires soon', async () => {
		const { client, server } = await createCertificates(undefined, 'ec', 10);
		const [clientEnd, serverEnd] = [client, server].map(({ certificate }) => Date.parse(new X509Certificate(certificate).validTo));
		expect(Math.round((serverEnd - clientEnd) / 86_400_000)).toBe(790);
	});

	it('pack RSA keys as PKCS#12 as well, which opens with its passphrase only', async () => {
		const { client, clientPkcs12 } = await createCertificates('A.B.api.mesh-client.nhs.uk', 'rsa');
		expect(new X509Certificate(client.certificate).publicKey.asymmetricKeyType).toBe('rsa');
		expect(() => createSecureContext({ pfx: clientPkcs12, passphrase: 'sandbox' })).not.toThrow();
		expect(() => createSecureContext({ pfx: clientPkcs12, passphrase: 'wrong' })).toThrow();
	});
});
