import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { createCertificates, startSandbox } from '../../sandbox';
import type { RecordedRequest, Sandbox } from '../../sandbox';
import { requestLine } from '../../sandbox/cli/run';
import { Caller, sandboxForTests, withSandbox } from './support/caller';

describe('mutual TLS', () => {
	const world = sandboxForTests();
	const ping = (options: RequestOptions) =>
		new Promise<number | string>((resolve) => {
			const call = request(
				`${world.sandbox.url}/messageexchange/_ping`,
				{ agent: false, ca: world.sandbox.certificates.ca, ...options },
				(response) => {
					response.resume();
					response.once('end', () => resolve(response.statusCode ?? 0));
				},
			);
			call.once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
			call.end();
		});
	const pair = (of: 'client' | 'strangerClient') => ({
		cert: world.sandbox.certificates[of].certificate,
		key: world.sandbox.certificates[of].privateKey,
	});

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
		expect(await ping({ ...pair('client'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(
			/alert protocol version|EPROTO|unsupported/i,
		);
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
				request(`${sandbox.url}/messageexchange/_ping`, { agent: false, ca: sandbox.certificates.ca }, (response) =>
					resolve(response.resume().statusCode),
				)
					.once('error', reject)
					.end();
			});
			expect(status).toBe(200);
		});
	});
});

describe('certificates', () => {
	it('have the names the NHS gives, are signed by their authority, and are new each time', async () => {
		const [one, other] = [await createCertificates('X26ABC2.X26.api.mesh-client.nhs.uk'), await createCertificates()];
		const [ca, client, server, stranger] = [one.ca, one.client.certificate, one.server.certificate, one.strangerClient.certificate].map(
			(pem) => new X509Certificate(pem),
		);
		expect(client.subject).toBe('CN=X26ABC2.X26.api.mesh-client.nhs.uk');
		expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
		expect([client.verify(ca.publicKey), server.verify(ca.publicKey), stranger.verify(ca.publicKey)]).toEqual([true, true, false]);
		expect(one.ca).not.toBe(other.ca);
	});

	it("can be made so that the client's expires soon", async () => {
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

jest.setTimeout(30_000);

let sandbox: Sandbox;
let plain: Sandbox;
const lines: string[] = [];
beforeAll(async () => {
	sandbox = await startSandbox({ onRequest: (each) => lines.push(requestLine(each)) });
	plain = await startSandbox({ tls: false });
});
afterEach(async () => {
	lines.length = 0;
	await sandbox.reset();
	await plain.reset();
});
afterAll(() => Promise.all([sandbox.close(), plain.close()]));

const pair = (of: 'client' | 'strangerClient'): RequestOptions => ({
	cert: sandbox.certificates[of].certificate,
	key: sandbox.certificates[of].privateKey,
});

/** One request on a connection of its own; resolves to the status, or the error. */
function ping(options: RequestOptions, url = sandbox.url): Promise<number | string> {
	return new Promise((resolve) => {
		const open = url.startsWith('https:') ? request : httpRequest;
		const call = open(`${url}/messageexchange/_ping`, { agent: false, ca: sandbox.certificates.ca, ...options }, (response) => {
			response.resume().once('end', () => resolve(response.statusCode ?? 0));
		});
		call.once('error', (error) => resolve(error.message));
		call.end();
	});
}

/** Sends bytes over mutual TLS; resolves to what came back before the server closed. */
async function send(text: string): Promise<string> {
	const socket = connectTls({
		host: 'localhost',
		port: sandbox.port,
		ca: sandbox.certificates.ca,
		cert: sandbox.certificates.client.certificate,
		key: sandbox.certificates.client.privateKey,
	});
	let answer = '';
	socket.on('data', (block: Buffer) => (answer += block.toString('latin1')));
	socket.on('error', () => undefined);
	socket.write(text);
	await once(socket, 'close');
	return answer;
}

async function until(isSo: () => boolean): Promise<void> {
	for (const end = Date.now() + 20_000; !isSo(); await new Promise((resolve) => setImmediate(resolve))) {
		if (Date.now() > end) throw new Error(`Not so yet: ${isSo.toString()}`);
	}
}

/** The first line of the log, as soon as it is there. */
async function firstRecord(of = sandbox): Promise<RecordedRequest> {
	await until(() => of.requests.length > 0);
	return of.requests[0];
}

const failed = (method: string, outcome: string, status?: number) => ({
	method,
	path: '',
	call: 'connection',
	outcome,
	headers: {},
	connection: expect.any(Number) as number,
	...(status === undefined ? {} : { status }),
});

describe('a connection that fails in TLS is on the log, with the reason in plain words', () => {
	describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
		const versions = { minVersion: version, maxVersion: version };

		it.each([
			['without a certificate', () => ({}), 'No client certificate'],
			['with a certificate of an unknown authority', () => pair('strangerClient'), 'Client certificate of an unknown authority'],
		])('%s', async (_, options, outcome) => {
			expect(await ping({ ...versions, ...options() })).toMatch(/alert|EPROTO/);
			expect(await firstRecord()).toMatchObject(failed('TLS', outcome));
			expect(lines).toEqual([expect.stringMatching(new RegExp(`^[\\d:]{8}  TLS  ---  ${outcome}\n$`))]);
			expect(sandbox.requests).toHaveLength(1);
		});
	});

	it('by a client that does not trust the sandbox, which breaks off without a word', async () => {
		expect(await ping({ ...pair('client'), ca: undefined })).toMatch(/self-signed/);
		expect((await firstRecord()).outcome).toMatch(
			/^(TLS handshake broken off by the client|The client does not trust the server’s certificate)$/,
		);
	});

	it('with a TLS that is too old, or no cipher in common', async () => {
		await ping({ ...pair('client'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
		expect(await firstRecord()).toMatchObject(failed('TLS', 'TLS version below 1.2'));
		await sandbox.reset();
		await ping({ ...pair('client'), maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' });
		expect(await firstRecord()).toMatchObject(failed('TLS', 'No TLS cipher in common'));
	});

	it('with plain http, or with something that is neither', async () => {
		expect(await ping({}, `http://localhost:${sandbox.port}`)).toMatch(/hang up|ECONNRESET/);
		expect(await firstRecord()).toMatchObject(failed('TLS', 'Plain http on the https port'));
		await sandbox.reset();
		const socket = connect(sandbox.port, '127.0.0.1', () => socket.write('SSH-2.0-test\r\n')).on('error', () => undefined);
		await once(socket, 'close');
		expect(await firstRecord()).toMatchObject(failed('TLS', 'Not TLS'));
	});

	it('but not one on which nothing was said, as those that ask whether the port is open', async () => {
		const socket = connect(sandbox.port, '127.0.0.1', () => socket.end());
		await once(socket.resume(), 'close');
		await until(() => sandbox.connections.open === 0);
		expect(sandbox.requests).toEqual([]);
	});

	it('and not those that the end of the sandbox cuts', async () => {
		const told: RecordedRequest[] = [];
		const other = await startSandbox({ onRequest: (each) => told.push(each) });
		const { ca, client } = other.certificates;
		const socket = connectTls({ host: 'localhost', port: other.port, ca, cert: client.certificate, key: client.privateKey }).on(
			'error',
			() => undefined,
		);
		await once(socket, 'secureConnect');
		await until(() => other.connections.accepted === 1);
		await other.close();
		expect(told).toEqual([]);
	});
});

describe('bytes that are no request are on the log, with the reason in plain words', () => {
	it.each([
		['a header of 70 KB', `GET / HTTP/1.1\r\nHost: x\r\nmex-subject: ${'s'.repeat(70_000)}\r\n\r\n`, 431, 'Headers larger than 64 KB'],
		['a method that HTTP does not have', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'Unknown HTTP method'],
		['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n', 400, 'Malformed HTTP request: Invalid header token'],
		['no Host header', 'GET /secret-path HTTP/1.1\r\n\r\n', 400, 'No Host header'],
		['an Expect that nobody knows', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n', 417, 'Expect header other than 100-continue'],
	])('%s', async (_, text, status, outcome) => {
		const answer = await send(text);
		expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		expect(JSON.parse(answer.split('\r\n\r\n')[1])).toEqual({ detail: outcome });
		expect(sandbox.requests).toEqual([expect.objectContaining(failed('HTTP', outcome, status))]);
		expect(lines).toEqual([expect.stringContaining(`HTTP ${status}  ${outcome}\n`)]);
	});

	it('a proxy that is wanted where there is none', async () => {
		expect(await send('CONNECT msg.intspineservices.nhs.uk:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
		expect(sandbox.requests).toEqual([expect.objectContaining(failed('HTTP', 'CONNECT asks for a proxy'))]);
	});

	it('https spoken to a sandbox without TLS', async () => {
		await ping({}, `https://localhost:${plain.port}`);
		expect(await firstRecord(plain)).toMatchObject(failed('HTTP', 'https on a plain http port', 400));
	});

	it('a client that goes away within its headers, but one within its body is a request that it gave up', async () => {
		const socket = connect(plain.port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\nHost'));
		await once(socket.resume(), 'close');
		expect(plain.requests).toEqual([expect.objectContaining(failed('HTTP', 'Malformed HTTP request: it ends too early', 400))]);
		await plain.reset();
		const other = connect(plain.port, '127.0.0.1', () =>
			other.end('POST /messageexchange/X26ABC1/outbox HTTP/1.1\r\nHost: x\r\ncontent-length: 9\r\n\r\n1'),
		);
		await once(other.resume(), 'close');
		expect(plain.requests.map(({ call }) => call)).toEqual(['send']);
	});
});

test('the admin call shows them, and never what the client sent', async () => {
	await ping({});
	await send('PASSWORD / HTTP/1.1\r\nHost: secret.example\r\n\r\n');
	const reply = await new Caller(sandbox).call({ path: 'admin/requests', headers: { authorization: '' } });
	const shown = reply.json.requests as RecordedRequest[];
	expect(shown.map(({ call, method, outcome }) => [call, method, outcome]).slice(0, 2)).toEqual([
		['connection', 'TLS', 'No client certificate'],
		['connection', 'HTTP', 'Unknown HTTP method'],
	]);
	expect(JSON.stringify(shown.slice(0, 2))).not.toMatch(/PASSWORD|secret/);
});

test('what they are shown with never holds a secret, whatever the client is refused for', async () => {
	await ping(pair('strangerClient'));
	expect(JSON.stringify(await firstRecord())).not.toMatch(/BEGIN|CN=/);
	expect(Object.keys(sandbox.requests[0]).sort()).toEqual([
		'at',
		'call',
		'connection',
		'headers',
		'id',
		'method',
		'outcome',
		'path',
		'query',
		'requestBytes',
		'responseBytes',
	]);
});

test('a flood of them keeps 100, and displaces no request', async () => {
	expect(await ping(pair('client'))).toBe(200);
	for (let round = 0; round < 15; round++)
		await Promise.all(Array.from({ length: 10 }, () => ping({}, `http://localhost:${sandbox.port}`)));
	expect(sandbox.requests.map(({ call }) => call)).toEqual(['ping', ...Array<string>(100).fill('connection')]);
	expect((sandbox.requests.at(-1)?.id ?? 0) - sandbox.requests[0].id).toBe(150);
	expect(await ping(pair('client'))).toBe(200);
	expect(sandbox.requests.at(-1)?.call).toBe('ping');
});
