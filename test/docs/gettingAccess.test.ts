import { execFile } from 'node:child_process';
import { X509Certificate, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPkcs12 } from '../../nodes/Mesh/client/certificates/pkcs12';
import { commonNameFits, prepareTlsMaterial } from '../../nodes/Mesh/client/certificates/tlsMaterial';
import { checkConnection } from '../../nodes/Mesh/client/diagnosis';
import { environmentBaseUrls } from '../../nodes/Mesh/transport/credential';
import { startSandbox } from '../../sandbox';
import { firstCode, readPage } from './page';

const page = readPage('docs/getting-access.md');
let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'mesh-access-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs commands as the page has them, but for `changes`. */
async function run(code: string, changes: Record<string, string> = {}): Promise<string> {
	const here = Object.entries(changes).reduce((text, [from, to]) => text.replaceAll(from, to), code);
	const { stdout, stderr } = await promisify(execFile)('sh', ['-euc', here], { cwd: folder });
	return stdout + stderr;
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** The NHS's part: two authorities, the lower of which signs the request. */
const SIGNING = `
openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=Test root" -keyout root-key.pem -out root.pem
openssl req -new -newkey rsa:2048 -noenc -subj "/CN=Test sub CA" -keyout sub-key.pem -out sub.csr
printf 'basicConstraints=critical,CA:TRUE' > ca.ext
openssl x509 -req -in sub.csr -CA root.pem -CAkey root-key.pem -CAcreateserial -days 30 -extfile ca.ext -out sub.pem
openssl x509 -req -in client.csr -CA sub.pem -CAkey sub-key.pem -CAcreateserial -days 30 -out client-cert.pem
openssl x509 -in client-cert.pem -outform der -out client-cert.cer
openssl x509 -in root.pem -outform der -out root-ca.cer
openssl x509 -in sub.pem -outform der -out sub-ca.cer
`;

test('from the request to the credential: the commands of the page make a certificate and a CA list that the client takes', async () => {
	await run(firstCode(page, '1. Make a key and a request'));
	expect(read('client-key.pem')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
	const checked = await run(firstCode(page, '2. Look at the request before you send it'));
	expect(checked).toMatch(/OK/i);
	expect(checked).toMatch(/^subject=\s*CN ?= ?X26HC005\.X26\.api\.mesh-client\.nhs\.uk$/m);

	await run(SIGNING);
	expect(await run(firstCode(page, '4. Check what came back'))).toMatch(/Certificate and key belong together/);
	await run(firstCode(page, '4. Check what came back', 1));
	const pem = { clientCertificate: read('client-cert.pem'), privateKey: read('client-key.pem') };
	const { x509 } = { x509: new X509Certificate(pem.clientCertificate) };
	expect(commonNameFits(/CN=([^\n]*)/.exec(x509.subject)?.[1], 'X26HC005')).toBe(true);

	expect(await run(firstCode(page, 'The CA certificates'))).toMatch(/Test sub CA[\s\S]*Test root/);
	const prepared = prepareTlsMaterial({ ...pem, caCertificates: read('mesh-ca.pem') });
	expect(prepared.caCertificates?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);

	const base64 = await run(firstCode(page, '5. Put it into the credential'), {
		'-out client.p12': '-out client.p12 -passout pass:secret-words',
	});
	const { leaf } = readPkcs12(Buffer.from(base64, 'base64'), 'secret-words');
	expect(leaf?.fingerprint256).toBe(x509.fingerprint256);
	expect(leaf?.publicKey.equals(createPublicKey(pem.privateKey))).toBe(true);
});

test('a key with a passphrase, as the page offers it, is taken together with its passphrase', async () => {
	const code = firstCode(page, '1. Make a key and a request')
		.replace('-noenc', '-passout pass:secret-words')
		.replaceAll('client', 'locked');
	await run(
		`${code.replace('api.mesh-locked', 'api.mesh-client')}\nopenssl x509 -req -in locked.csr -signkey locked-key.pem -passin pass:secret-words -days 30 -out locked-cert.pem`,
	);
	expect(read('locked-key.pem')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
	expect(
		prepareTlsMaterial({ clientCertificate: read('locked-cert.pem'), privateKey: read('locked-key.pem'), passphrase: 'secret-words' })
			.clientCertificate,
	).toMatch(/BEGIN CERTIFICATE/);
});

test('the look at the connection says that the server is trusted, as Check Connection does', async () => {
	const sandbox = await startSandbox();
	try {
		const { ca, client } = sandbox.certificates;
		for (const [name, text] of [
			['mesh-ca', ca],
			['client-cert', client.certificate],
			['client-key', client.privateKey],
		])
			writeFileSync(join(folder, `${name}.pem`), text);
		const seen = await run(firstCode(page, 'Check it from the n8n host'), {
			'msg.intspineservices.nhs.uk:443': `localhost:${sandbox.port}`,
			'msg.intspineservices.nhs.uk': 'localhost',
		});
		expect(seen).toContain('Verify return code: 0 (ok)');
		const report = await checkConnection({
			baseUrl: sandbox.url,
			mailboxId: 'X26ABC1',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			clientVersion: 'test',
			tls: { clientCertificate: client.certificate, privateKey: client.privateKey, caCertificates: ca },
		});
		expect(report.failure).toBeUndefined();
	} finally {
		await sandbox.close();
	}
});

test('the hosts of the page are those of the credential', () => {
	for (const url of Object.values(environmentBaseUrls)) expect(page).toContain(`\`${new URL(url).host}\``);
});
