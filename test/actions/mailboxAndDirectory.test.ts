import type { IDataObject, IRun } from 'n8n-workflow';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';
import { createCertificates } from '../../sandbox';
import { errorOf, outputOf, sandboxCredential, storedText } from '../engine';
import { type World, useWorld } from './world';

let world: World;
useWorld((started) => (world = started));

describe('Mailbox', () => {
	test('Validate does the handshake and tells the difference of the clocks', async () => {
		const [item] = await world.output({ resource: 'mailbox', operation: 'validate' });
		expect(item?.json).toMatchObject({
			mailboxId: 'X26ABC1',
			valid: true,
			serverTime: expect.stringMatching(/Z$/),
			clockDifferenceSeconds: expect.any(Number),
		});
		expect(world.sandbox.requests.map(({ call }) => call)).toEqual(['handshake']);
	});

	test('Validate fails with a wrong password', async () => {
		world.credentials.wrong = { ...world.credentials.meshApi, mailboxPassword: 'not-the-password' };
		const error = errorOf(await world.run({ resource: 'mailbox', operation: 'validate' }, { node: { credential: 'wrong' } }));
		expect(error).toMatchObject({ name: 'NodeApiError', httpCode: '403', description: expect.stringMatching(/password/) });
		expect(error.message + String(error.description)).not.toContain('not-the-password');
	});

	test('Count Messages counts what waits', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		await world.sandbox.putReport({ to: 'X26ABC1' });
		expect((await world.output({ resource: 'mailbox', operation: 'count' }))[0]?.json).toEqual({ mailboxId: 'X26ABC1', count: 2 });
	});

	test('each item uses the credential of its node, and mailboxes do not mix', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC3', content: 'x' });
		expect((await world.output({ resource: 'mailbox', operation: 'count' }, { node: { credential: 'X26ABC3' } }))[0]?.json).toEqual({
			mailboxId: 'X26ABC3',
			count: 1,
		});
		expect((await world.output({ resource: 'mailbox', operation: 'count' }))[0]?.json).toEqual({ mailboxId: 'X26ABC1', count: 0 });
	});
});

describe('Directory', () => {
	test('Look Up Mailboxes gives all mailboxes of an organisation for a workflow, one item each', async () => {
		const output = await world.output({ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' });
		expect(output.map(({ json, pairedItem }) => [json, pairedItem])).toEqual([
			[{ mailboxId: 'X26ABC1', mailboxName: expect.any(String), odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' }, { item: 0 }],
			[{ mailboxId: 'X26ABC2', mailboxName: expect.any(String), odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' }, { item: 0 }],
		]);
	});

	test('Search by Workflow gives the mailboxes of every organisation', async () => {
		const output = await world.output({ resource: 'directory', operation: 'search', workflowId: 'TEST_WORKFLOW2' });
		expect(output.map(({ json }) => json.mailboxId)).toEqual(['X26ABC1', 'X26ABC2', 'X26ABC3']);
	});

	test('no match gives no items', async () => {
		expect(await world.output({ resource: 'directory', operation: 'lookUp', odsCode: 'ZZZ', workflowId: 'TEST_WORKFLOW2' })).toEqual([]);
		expect(await world.output({ resource: 'directory', operation: 'search', workflowId: 'NOTHING' })).toEqual([]);
	});

	test.each([
		[{ operation: 'lookUp', odsCode: '={{ "" }}', workflowId: 'W' }, /ODS Code/],
		[{ operation: 'lookUp', odsCode: 'X26', workflowId: '={{ " " }}' }, /Workflow ID/],
		[{ operation: 'search', workflowId: '={{ undefined }}' }, /Workflow ID/],
	])('%j is refused before MESH is asked', async (parameters, message) => {
		expect(errorOf(await world.run({ resource: 'directory', ...parameters })).message).toMatch(message);
		expect(world.sandbox.requests).toHaveLength(0);
	});
});

const parameters = { resource: 'mailbox', operation: 'checkConnection', simplify: false };

/** What the operation puts out for the sandbox's credential with these changes; and that nothing secret is in it. */
async function check(changes: Partial<MeshApiCredentials> = {}, options: IDataObject = {}, more: IDataObject = {}): Promise<IDataObject> {
	const credential = sandboxCredential(world.sandbox, 'X26ABC1', changes);
	world.credentials.changed = credential;
	const run = await world.run({ ...parameters, options, ...more }, { node: { credential: 'changed' } });
	const stored = storedText(run);
	for (const secret of [credential.privateKey?.split('\n')[2], 'secret-password', 'secret-key']) {
		if (secret !== undefined && secret.length > 8) expect(stored).not.toContain(secret);
	}
	const [item] = run.data.resultData.runData.MESH?.at(-1)?.data?.main[0] ?? [];
	if (item === undefined) throw errorOf(run);
	expect(item.pairedItem).toEqual({ item: 0 });
	return item.json;
}

describe('Mailbox: Check Connection', () => {
	test('tells all about a connection that works, in one flat item', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		expect(await check()).toEqual({
			mailboxId: 'X26ABC1',
			connected: true,
			reachable: true,
			tlsVersion: 'TLSv1.3',
			serverCertificateSubject: 'CN=localhost',
			serverCertificateIssuer: 'CN=MESH sandbox CA',
			serverCertificateValidTo: expect.stringMatching(/^\d{4}-.*Z$/),
			serverCertificateDaysLeft: expect.any(Number),
			clientCertificateSubject: expect.stringMatching(/^CN=X26ABC1\.X26\./),
			clientCertificateIssuer: 'CN=MESH sandbox CA',
			clientCertificateValidTo: expect.stringMatching(/^\d{4}-.*Z$/),
			clientCertificateDaysLeft: expect.any(Number),
			commonNameFitsMailbox: true,
			keyMatchesCertificate: true,
			clockDifferenceSeconds: expect.any(Number),
			approximateInboxCount: 1,
		});
		expect(world.sandbox.requests.filter(({ call }) => call !== 'connection').map(({ call }) => call)).toEqual(['handshake', 'list']);
	});

	test('simplified, as is the default, it says whether all is well, how long it will be, and what to do if not', async () => {
		const simple = { simplify: undefined };
		expect(await check({}, {}, simple)).toEqual({
			mailboxId: 'X26ABC1',
			connected: true,
			tlsVersion: 'TLSv1.3',
			serverCertificateDaysLeft: expect.any(Number),
			clientCertificateSubject: expect.stringMatching(/^CN=X26ABC1/),
			clientCertificateValidTo: expect.any(String),
			clientCertificateDaysLeft: expect.any(Number),
			commonNameFitsMailbox: true,
			clockDifferenceSeconds: expect.any(Number),
			approximateInboxCount: 0,
		});
		expect(await check({ mailboxPassword: 'secret-password' }, {}, simple)).toMatchObject({
			connected: false,
			failedStep: 'handshake',
			problem: expect.any(String),
			whatToDo: expect.any(String),
			serverCertificateIssuer: 'CN=MESH sandbox CA',
			clientCertificateSubject: expect.stringMatching(/^CN=X26ABC1/),
			commonNameFitsMailbox: true,
		});
	});

	test('a wrong password is found at the handshake, with certificates and clock all the same', async () => {
		const json = await check({ mailboxPassword: 'secret-password' });
		expect(json).toMatchObject({
			connected: false,
			reachable: true,
			failedStep: 'handshake',
			problem: expect.stringContaining('did not accept mailbox ID, password or shared key'),
			whatToDo: expect.stringMatching(/password.*403/),
			tlsVersion: 'TLSv1.3',
			clientCertificateDaysLeft: expect.any(Number),
			serverCertificateDaysLeft: expect.any(Number),
			clockDifferenceSeconds: expect.any(Number),
		});
		expect(json).not.toHaveProperty('approximateInboxCount');
	});

	test('a clock that is hours off is measured and explained', async () => {
		world.sandbox.arm({
			call: 'handshake',
			fault: { kind: 'status', status: 403, headers: { date: new Date(Date.now() + 3 * 3_600_000).toUTCString() } },
		});
		const json = await check();
		expect(json).toMatchObject({ failedStep: 'handshake', whatToDo: expect.stringMatching(/clock/) });
		expect(Math.round(Number(json.clockDifferenceSeconds) / 60)).toBe(180);
	});

	test('a server that is not trusted is shown, so that one sees whose CA certificate is missing', async () => {
		expect(await check({ caCertificates: (await createCertificates()).ca })).toMatchObject({
			connected: false,
			reachable: true,
			failedStep: 'serverCertificate',
			serverCertificateIssuer: 'CN=MESH sandbox CA',
			whatToDo: expect.stringMatching(/CA Certificates/),
		});
	});

	test('a client certificate that the server refuses', async () => {
		const { certificate, privateKey } = world.sandbox.certificates.strangerClient;
		expect(await check({ clientCertificate: certificate, privateKey })).toMatchObject({
			connected: false,
			reachable: true,
			failedStep: 'clientCertificate',
			clientCertificateIssuer: 'CN=Another CA',
			keyMatchesCertificate: true,
			whatToDo: expect.stringMatching(/certificate/),
		});
	});

	test('a key of another certificate: the certificate and the server are examined all the same, and no request is made', async () => {
		const json = await check({ privateKey: world.sandbox.certificates.strangerClient.privateKey });
		expect(json).toMatchObject({
			connected: false,
			failedStep: 'clientCertificate',
			keyMatchesCertificate: false,
			clientCertificateSubject: expect.stringMatching(/^CN=X26ABC1\.X26\./),
			whatToDo: expect.stringMatching(/key/),
		});
		expect(world.sandbox.requests).toHaveLength(0);
	});

	describe('a certificate with the name of another mailbox', () => {
		const subject = 'CN=X26ABC1.X26.api.mesh-client.nhs.uk';
		const told = new RegExp(`name of another mailbox, not that of X26ABC2: ${subject}`);
		const hints = (run: IRun) => run.data.resultData.runData.MESH?.at(-1)?.hints;

		test('is told beside the output and in it, also simplified, though MESH may take it', async () => {
			const run = await world.run(
				{ ...parameters, simplify: true },
				{ node: { credential: 'X26ABC2' }, items: [{ json: {} }, { json: {} }] },
			);
			expect(outputOf(run, 'MESH').map(({ json }) => json)).toEqual(
				Array(2).fill(expect.objectContaining({ connected: true, commonNameFitsMailbox: false, clientCertificateSubject: subject })),
			);
			expect(hints(run)).toEqual([{ message: expect.stringMatching(told), location: 'outputPane', type: 'warning' }]);
		});

		test('comes first in what to do about a 403, and about a refused certificate', async () => {
			const other = { mailboxId: 'X26ABC2' };
			for (const more of [{ simplify: true }, {}]) {
				const json = await check({ ...other, mailboxPassword: 'secret-password' }, {}, more);
				expect(json).toMatchObject({ failedStep: 'handshake', whatToDo: expect.stringMatching(told), commonNameFitsMailbox: false });
				expect(json.whatToDo).toMatch(/password/);
			}
			const { certificate, privateKey } = world.sandbox.certificates.strangerClient;
			expect(await check({ ...other, clientCertificate: certificate, privateKey })).toMatchObject({
				failedStep: 'clientCertificate',
				whatToDo: expect.stringMatching(told),
			});
			await expect(check({ ...other, mailboxPassword: 'secret-password' }, { fail: true })).rejects.toMatchObject({
				httpCode: '403',
				description: expect.stringMatching(told),
			});
		});

		test('is no cause of what fails before it matters', async () => {
			expect((await check({ mailboxId: 'X26ABC2', caCertificates: (await createCertificates()).ca })).whatToDo).not.toMatch(told);
		});
	});

	test('a credential without a password: all that needs no signing in is examined', async () => {
		expect(await check({ mailboxPassword: '' })).toMatchObject({
			connected: false,
			reachable: true,
			failedStep: 'credential',
			problem: expect.stringContaining('Mailbox Password'),
			serverCertificateSubject: 'CN=localhost',
			keyMatchesCertificate: true,
		});
		expect(world.sandbox.requests).toHaveLength(0);
	});

	test('a host on which nobody answers', async () => {
		const json = await check({ baseUrl: `https://127.0.0.1:${(await findFreePorts(1))[0]}` });
		expect(json).toMatchObject({
			connected: false,
			reachable: false,
			failedStep: 'connection',
			problem: expect.stringContaining('nothing accepts connections there'),
			whatToDo: expect.stringMatching(/ECONNREFUSED/),
			clientCertificateDaysLeft: expect.any(Number),
		});
		expect(json).not.toHaveProperty('tlsVersion');
	});

	test('a mailbox that works but for its inbox', async () => {
		world.sandbox.arm({ call: 'list', fault: { kind: 'status', status: 400 } });
		expect(await check()).toMatchObject({
			connected: false,
			reachable: true,
			failedStep: 'inbox',
			clockDifferenceSeconds: expect.any(Number),
		});
	});

	test('a PKCS#12 file is examined as well', async () => {
		const { clientPkcs12, clientPkcs12Passphrase } = world.sandbox.certificates;
		expect(
			await check({ certificateType: 'pkcs12', pkcs12: clientPkcs12.toString('base64'), passphrase: clientPkcs12Passphrase }),
		).toMatchObject({ connected: true, keyMatchesCertificate: true });
		expect(await check({ certificateType: 'pkcs12', pkcs12: clientPkcs12.toString('base64'), passphrase: 'another-one' })).toMatchObject({
			failedStep: 'clientCertificate',
			whatToDo: expect.stringMatching(/passphrase/),
		});
	});

	test('fails instead of putting out a result, when asked to', async () => {
		await expect(check({ mailboxPassword: 'secret-password' }, { fail: true })).rejects.toMatchObject({
			name: 'NodeApiError',
			httpCode: '403',
		});
		expect(await check({}, { fail: true })).toMatchObject({ connected: true });
	});
});
