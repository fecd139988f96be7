import { asn1, pkcs12, pkcs7 as forgePkcs7, pki } from 'node-forge';
import { describeClientCertificate, prepareTlsMaterial } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import type { TlsMaterial } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { pkcs12FromText } from '../../../nodes/Mesh/client';
import { legacyPkcs12, opensslPkcs12 } from './pkcs12Files';

const DAY_MS = 24 * 60 * 60 * 1000;
let certificate: string;
let key: string;
let packed: Buffer;

/** forge signs RSA only, and keeps the bytes of certificates that it made itself. */
beforeAll(() => {
	const keys = pki.rsa.generateKeyPair(2048);
	const made = pki.createCertificate();
	made.publicKey = keys.publicKey;
	made.serialNumber = '0102';
	made.validity.notBefore = new Date(Date.now() - DAY_MS);
	made.validity.notAfter = new Date(Date.now() + 90.5 * DAY_MS);
	const name = [
		{ name: 'commonName', value: 'X26ABC1.X26.api.mesh-client.nhs.uk' },
		{ name: 'organizationName', value: 'Trust' },
	];
	made.setSubject(name);
	made.setIssuer(name);
	made.sign(keys.privateKey);
	certificate = pki.certificateToPem(made);
	key = pki.privateKeyToPem(keys.privateKey);
	packed = pack('secret');
}, 60_000);

const pack = (passphrase: string, withKey = true) =>
	Buffer.from(
		asn1
			.toDer(
				pkcs12.toPkcs12Asn1(withKey ? pki.privateKeyFromPem(key) : (null as never), pki.certificateFromPem(certificate), passphrase, {
					algorithm: 'aes256',
				}),
			)
			.getBytes(),
		'binary',
	);

test('a PKCS#12 file with its passphrase is taken as it is', () => {
	const material: TlsMaterial = { pkcs12: packed, passphrase: 'secret' };
	expect(prepareTlsMaterial(material)).toMatchObject(material);
});

test('its certificate can be described, as that of PEM can', () => {
	const fromPkcs12 = describeClientCertificate({ pkcs12: packed, passphrase: 'secret' });
	expect(fromPkcs12).toMatchObject({
		subject: 'CN=X26ABC1.X26.api.mesh-client.nhs.uk, O=Trust',
		issuer: 'CN=X26ABC1.X26.api.mesh-client.nhs.uk, O=Trust',
		commonName: 'X26ABC1.X26.api.mesh-client.nhs.uk',
		daysLeft: 90,
		serialNumber: '0102',
	});
	expect(describeClientCertificate({ clientCertificate: certificate, privateKey: key })).toEqual(fromPkcs12);
});

test('an expired certificate is described, for a warning must be able to say so', () => {
	expect(describeClientCertificate({ clientCertificate: certificate, privateKey: key }, Date.now() + 100 * DAY_MS)?.daysLeft).toBe(-10);
	expect(describeClientCertificate({})).toBeUndefined();
});

test.each<[string, () => TlsMaterial, string, RegExp]>([
	['a wrong passphrase', () => ({ pkcs12: packed, passphrase: 'wrong' }), 'passphrase', /passphrase is wrong/],
	['no passphrase', () => ({ pkcs12: packed }), 'passphrase', /without its passphrase/],
	['a file that is cut off', () => ({ pkcs12: packed.subarray(0, 900), passphrase: 'secret' }), 'pkcs12', /not a complete PKCS#12/],
	['another file', () => ({ pkcs12: Buffer.from(certificate), passphrase: 'secret' }), 'pkcs12', /not a complete PKCS#12/],
	['an empty file', () => ({ pkcs12: Buffer.alloc(0), passphrase: 'secret' }), 'pkcs12', /not a complete PKCS#12/],
	[
		'a file without the key',
		() => ({ pkcs12: pack('secret', false), passphrase: 'secret' }),
		'pkcs12',
		/both a certificate and its private key/,
	],
	[
		'a file without an integrity check',
		() => ({ pkcs12: opensslPkcs12(key, certificate, 'secret', 'AES-256-CBC', '-nomac'), passphrase: 'secret' }),
		'pkcs12',
		/no integrity check/,
	],
	[
		'the old encryption of Windows',
		() => ({ pkcs12: legacyPkcs12(certificate, key, 'secret'), passphrase: 'secret' }),
		'pkcs12',
		/old encryption/,
	],
	[
		'a wrong passphrase of an old file',
		() => ({ pkcs12: legacyPkcs12(certificate, key, 'secret'), passphrase: 'wrong' }),
		'passphrase',
		/passphrase is wrong/,
	],
])('%s is refused with what to do', (_what, material, parameter, message) => {
	const error = thrownBy(() => prepareTlsMaterial(material()));
	expect(error).toMatchObject({ code: 'MESH_INVALID_CREDENTIAL', parameter });
	expect(error.message).toMatch(message);
	expect(error.hint).toBeDefined();
});

test('an expired certificate inside is noticed before any request', () => {
	const error = thrownBy(() => prepareTlsMaterial({ pkcs12: packed, passphrase: 'secret' }, Date.now() + 100 * DAY_MS));
	expect(error).toMatchObject({ code: 'MESH_INVALID_CREDENTIAL', parameter: 'pkcs12' });
	expect(error.message).toMatch(/expired on/);
});

const frame = (label: string, bytes: Buffer) =>
	`-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

describe('the base64 of a PKCS#12 file is taken as people paste it', () => {
	test.each<[string, (base64: string) => string]>([
		['on one line', (base64) => base64],
		['in lines', (base64) => base64.replace(/.{64}/g, '$&\n')],
		['in lines with CRLF', (base64) => base64.replace(/.{76}/g, '$&\r\n')],
		['with escaped line ends', (base64) => base64.replace(/.{64}/g, '$&\\n')],
		['with spaces around and within, and invisible characters', (base64) => `\ufeff  ${base64.replace(/.{64}/g, '$& ')}\u200b `],
		['as a data URL', (base64) => `data:application/x-pkcs12;base64,${base64}`],
		["in the frame of Windows' certutil -encode", () => frame('CERTIFICATE', packed)],
		['in a frame of PKCS12', () => frame('PKCS12', packed)],
		['in a frame on one line', () => frame('CERTIFICATE', packed).replace(/\n/g, ' ')],
		['without its padding', (base64) => base64.replace(/=+$/, '')],
	])('%s', (_how, change) => {
		expect(pkcs12FromText(change(packed.toString('base64'))).equals(packed)).toBe(true);
	});

	const der = () => Buffer.from(certificate.replace(/-----[^-]*-----|\s/g, ''), 'base64');
	test.each<[string, () => string, RegExp, RegExp]>([
		['PEM by mistake', () => `${certificate}${key}`, /PEM text \(CERTIFICATE\)/, /'PEM'/],
		['a PEM key by mistake', () => key, /PEM text \(RSA PRIVATE KEY\)/, /'PEM'/],
		[
			'a Java keystore',
			() => Buffer.from('feedfeed0000000200000001', 'hex').toString('base64'),
			/Java keystore/,
			/keytool -importkeystore/,
		],
		[
			'a JCEKS keystore',
			() => Buffer.from('cececece0000000200000001', 'hex').toString('base64'),
			/Java keystore/,
			/keytool -importkeystore/,
		],
		['a PKCS#7 bundle', () => pkcs7().toString('base64'), /PKCS#7/, /together with the private key/],
		['a certificate in DER', () => der().toString('base64'), /certificate alone/, /PEM/],
		['text that is no base64', () => 'C:\\certs\\client.p12', /not in base64/, /base64 -w0/],
		[
			'base64 that lost a character',
			// One character too many for whole groups of four, however long the file came out.
			() => `${packed.subarray(0, packed.length - (packed.length % 3)).toString('base64')}A`,
			/not in base64, or a part of it is missing/,
			/base64 -w0/,
		],
		['base64 that was cut off', () => packed.toString('base64').slice(0, 800), /not a complete PKCS#12/, /base64 -w0/],
		['base64 of something else', () => 'bm90IGEgZmlsZQ==', /not a complete PKCS#12/, /base64 -w0/],
	])('%s is named', (_what, text, message, hint) => {
		const error = thrownBy(() => pkcs12FromText(text()));
		expect(error).toMatchObject({ code: 'MESH_INVALID_CREDENTIAL', parameter: 'pkcs12' });
		expect(error.message).toMatch(message);
		expect(error.hint).toMatch(hint);
	});
});

/** A bundle of certificates alone, as Windows writes .p7b. */
function pkcs7(): Buffer {
	const bundle = forgePkcs7.createSignedData();
	bundle.addCertificate(certificate);
	return Buffer.from(asn1.toDer(bundle.toAsn1()).getBytes(), 'binary');
}
