import { pkcs12, pki, asn1 } from 'node-forge';
import { describeClientCertificate, prepareTlsMaterial } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import type { TlsMaterial } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { legacyPkcs12 } from './legacyPkcs12';

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
	const name = [{ name: 'commonName', value: 'X26ABC1.X26.api.mesh-client.nhs.uk' }, { name: 'organizationName', value: 'Trust' }];
	made.setSubject(name);
	made.setIssuer(name);
	made.sign(keys.privateKey);
	certificate = pki.certificateToPem(made);
	key = pki.privateKeyToPem(keys.privateKey);
	packed = pack('secret');
}, 60_000);

const pack = (passphrase: string, withKey = true) =>
	Buffer.from(asn1.toDer(pkcs12.toPkcs12Asn1(withKey ? pki.privateKeyFromPem(key) : (null as never), pki.certificateFromPem(certificate), passphrase, { algorithm: 'aes256' })).getBytes(), 'binary');

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
	['a file without the key', () => ({ pkcs12: pack('secret', false), passphrase: 'secret' }), 'pkcs12', /both a certificate and its private key/],
	['the old encryption of Windows', () => ({ pkcs12: legacyPkcs12(certificate, key, 'secret'), passphrase: 'secret' }), 'pkcs12', /old encryption/],
	['a wrong passphrase of an old file', () => ({ pkcs12: legacyPkcs12(certificate, key, 'secret'), passphrase: 'wrong' }), 'passphrase', /passphrase is wrong/],
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
