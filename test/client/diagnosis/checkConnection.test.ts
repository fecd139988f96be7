import type { ICredentialTestFunctions, ICredentialsDecrypted } from 'n8n-workflow';
import { type Server, createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { MeshClient, MeshError, type MeshErrorDetails, checkConnection } from '../../../nodes/Mesh/client';
import { commonNameFits } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import { failedStep } from '../../../nodes/Mesh/client/diagnosis';
import { meshApiConnectionTest } from '../../../nodes/Mesh/methods';
import { type World, startWorld, thrownBy } from '../world';

describe('the check as a whole', () => {
	let world: World;
	beforeAll(async () => {
		world = await startWorld();
	});
	afterEach(async () => await world.reset());
	afterAll(async () => await world.close());

	/** A proxy that tunnels, as HTTPS_PROXY names one. */
	async function startProxy(): Promise<{ server: Server; url: string; tunnels: () => number }> {
		let tunnels = 0;
		const server = createServer().on('connect', (request, socket) => {
			tunnels += 1;
			const [host, port] = (request.url ?? '').split(':');
			const upstream = connect(Number(port), host, () => {
				socket.write('HTTP/1.1 200 OK\r\n\r\n');
				upstream.pipe(socket).pipe(upstream);
			});
			for (const end of [upstream, socket]) end.on('error', () => [upstream, socket].forEach((each) => each.destroy()));
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
		return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels: () => tunnels };
	}

	describe('checkConnection', () => {
		test('leaves no connection open behind it, whatever came out', async () => {
			expect(await checkConnection(world.options())).toMatchObject({ reachable: true, approximateInboxCount: 0 });
			expect((await checkConnection(world.options('X26ABC1', { mailboxPassword: 'wrong' }))).failure?.step).toBe('handshake');
			while (world.sandbox.connections.open > 0) await new Promise(setImmediate);
		});

		test('over plain http there are no certificates to look at, and that is no failure', async () => {
			const plain = await startWorld({ tls: false });
			const report = await checkConnection(plain.options('X26ABC1', { tls: {} }));
			expect(report).toMatchObject({ reachable: true, approximateInboxCount: 0 });
			expect(report.failure).toBeUndefined();
			expect([report.tlsVersion, report.serverCertificate, report.clientCertificate]).toEqual([undefined, undefined, undefined]);
			await plain.close();
		});

		test('behind a proxy everything goes through it', async () => {
			const proxy = await startProxy();
			const before = process.env.https_proxy;
			process.env.https_proxy = proxy.url;
			try {
				const report = await checkConnection(world.options());
				expect(report).toMatchObject({ reachable: true, keyMatchesCertificate: true, approximateInboxCount: 0, tlsVersion: 'TLSv1.3' });
				expect(report.serverCertificate?.fingerprint).toMatch(/\w/);
				expect(proxy.tunnels()).toBeGreaterThan(0);
				expect(world.sandbox.connections.accepted).toBeGreaterThanOrEqual(proxy.tunnels());
			} finally {
				if (before === undefined) delete process.env.https_proxy;
				else process.env.https_proxy = before;
				proxy.server.closeAllConnections();
				await new Promise((closed) => proxy.server.close(closed));
			}
		});

		test('cancelling ends it with MESH_ABORTED and not with a finding', async () => {
			await expect(checkConnection(world.options(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'MESH_ABORTED' });
			world.sandbox.arm({ call: 'list', fault: { kind: 'stall', where: 'beforeAnswer' } });
			const stop = new AbortController();
			const running = checkConnection(world.options(), { signal: stop.signal });
			const checked = expect(running).rejects.toMatchObject({ code: 'MESH_ABORTED' });
			while (!world.calls().includes('handshake')) await new Promise((resolve) => setTimeout(resolve, 5));
			stop.abort();
			await checked;
		});
	});
});

describe('its steps', () => {
	describe('the step at which a connection failed', () => {
		const tls = (networkCode: string): MeshErrorDetails => ({ code: 'MESH_TLS', networkCode });

		test.each<[string, MeshErrorDetails, boolean, string]>([
			['an answer with an error status', { code: 'MESH_STATUS', httpStatus: 403 }, true, 'handshake'],
			['an answer that is not from MESH', { code: 'MESH_PROTOCOL', httpStatus: 200 }, true, 'handshake'],
			['an unknown authority of the server', tls('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), true, 'serverCertificate'],
			['a self-signed server', tls('SELF_SIGNED_CERT_IN_CHAIN'), false, 'serverCertificate'],
			['an expired server', tls('CERT_HAS_EXPIRED'), true, 'serverCertificate'],
			['a server of another name', tls('ERR_TLS_CERT_ALTNAME_INVALID'), true, 'serverCertificate'],
			['an alert about our certificate', tls('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), true, 'clientCertificate'],
			['a server that demands a certificate', tls('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), true, 'clientCertificate'],
			['a server that hangs up when TLS stands', { code: 'MESH_NETWORK', networkCode: 'ECONNRESET' }, true, 'clientCertificate'],
			['a connection that is reset before that', { code: 'MESH_NETWORK', networkCode: 'ECONNRESET' }, false, 'connection'],
			['no TLS on the other side', tls('ERR_SSL_WRONG_VERSION_NUMBER'), false, 'connection'],
			['an old TLS version', tls('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), false, 'connection'],
			['nobody there', { code: 'MESH_NETWORK', networkCode: 'ECONNREFUSED' }, false, 'connection'],
			['no answer in time', { code: 'MESH_TIMEOUT', networkCode: 'MESH_RESPONSE_TIMEOUT' }, true, 'handshake'],
		])('%s', (_what, details, tlsStands, step) => expect(failedStep(new MeshError('x', details), tlsStands)).toBe(step));
	});

	describe('whether a certificate was issued for a mailbox', () => {
		const tail = 'api.mesh-client.nhs.uk';

		test.each([
			['the mailbox itself', `X26HC005.X26.${tail}`, 'X26HC005', true],
			['in lower case', `x26hc005.x26.${tail.toUpperCase()}`, 'X26HC005', true],
			['another mailbox of the same organisation', `X26HC005.X26.${tail}`, 'X26HC006', false],
			['a mailbox of another organisation', `Y99HC001.Y99.${tail}`, 'X26HC005', false],
			['a mailbox of an organisation with a longer code', `A12345OT001.A12345.${tail}`, 'X26HC005', false],
			['a local ID', `SERVER001.X26.${tail}`, 'X26HC005', undefined],
			['a local ID of another organisation, which may send for this one', `SERVER001.Y99.${tail}`, 'X26HC005', undefined],
			['a local ID that begins as the mailbox does', `X26-SERVER1.X26.${tail}`, 'X26HC005', undefined],
			['a local ID that is the ODS code and a number', `X2605.X26.${tail}`, 'X26HC005', undefined],
			['a certificate whose ODS code is not in its mailbox ID', `X26HC005.RX1.${tail}`, 'X26HC005', true],
			['a name of another form', 'mesh.example.org', 'X26HC005', undefined],
			['no name', undefined, 'X26HC005', undefined],
			['no mailbox', `X26HC005.X26.${tail}`, '', undefined],
		])('%s', (_what, commonName, mailboxId, fits) => expect(commonNameFits(commonName, mailboxId)).toBe(fits));
	});
});

describe('an NHS server without its authority', () => {
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
});
