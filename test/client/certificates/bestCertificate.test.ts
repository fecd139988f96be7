import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { pki } from 'node-forge';
import { describeClientCertificate, prepareTlsMaterial } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import type { TlsMaterial } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { keystore, opensslPkcs12 } from './pkcs12Files';

const DAY_MS = 24 * 60 * 60 * 1000;
const OURS = 'X26ABC1.X26.api.mesh-client.nhs.uk';
const OTHER = 'X26XYZ9.X26.api.mesh-client.nhs.uk';

/** One key, and what has been signed for it over the years; and a key of another kind of life. */
const keys = pki.rsa.generateKeyPair(2048);
const otherKeys = pki.rsa.generateKeyPair(2048);
type Signed = { name: string; from: number; to: number; of?: pki.rsa.KeyPair };

function sign({ name, from, to, of = keys }: Signed): pki.Certificate {
	const made = pki.createCertificate();
	made.publicKey = of.publicKey;
	made.serialNumber = `01${Math.abs(to).toString(16).padStart(6, '0')}`;
	made.validity.notBefore = new Date(Date.now() + from * DAY_MS);
	made.validity.notAfter = new Date(Date.now() + to * DAY_MS);
	made.setSubject([{ name: 'commonName', value: name }]);
	made.setIssuer([{ name: 'commonName', value: name }]);
	made.sign(of.privateKey);
	return made;
}

const EXPIRED: Signed = { name: OURS, from: -400, to: -5 };
const CURRENT: Signed = { name: OURS, from: -10, to: 300 };
const NEWEST: Signed = { name: OURS, from: -1, to: 700 };
const FUTURE: Signed = { name: OURS, from: 5, to: 900 };
const FOREIGN: Signed = { name: OTHER, from: -10, to: 800 };
const ELSEWHERE: Signed = { ...FOREIGN, of: otherKeys };

const CASES: Array<[string, Signed[], Signed]> = [
	['the renewed one behind the expired one', [EXPIRED, CURRENT], CURRENT],
	['the renewed one before the expired one', [CURRENT, EXPIRED], CURRENT],
	['the newest of those in date', [CURRENT, NEWEST], NEWEST],
	['one in date rather than one of tomorrow', [FUTURE, CURRENT], CURRENT],
	['the one for the mailbox rather than a newer one for another', [FOREIGN, CURRENT], CURRENT],
	['one in date for another mailbox rather than an expired one for ours', [EXPIRED, FOREIGN], FOREIGN],
	['with two keys, the pair that is in date', [EXPIRED, ELSEWHERE], ELSEWHERE],
	['with two keys, the pair for the mailbox', [ELSEWHERE, CURRENT], CURRENT],
];

const PASSPHRASE = 'pass wörd';
const pem = (signed: Signed) => pki.certificateToPem(sign(signed));
const keyOf = ({ of = keys }: Signed) => pki.privateKeyToPem(of.privateKey);
const validTo = (pem: string | undefined) => Date.parse(new X509Certificate(pem ?? '').validTo);
const expected = ({ to }: Signed) => Math.floor((Date.now() + to * DAY_MS) / DAY_MS);

describe('of several certificates that have their key, the best is taken', () => {
	test.each(CASES)('from PEM: %s', (_what, signed, best) => {
		const material: TlsMaterial = { clientCertificate: signed.map(pem).join(''), privateKey: signed.map(keyOf).join('') };
		const prepared = prepareTlsMaterial(material, undefined, 'x26abc1');
		expect(Math.floor(validTo(prepared.clientCertificate) / DAY_MS)).toBe(expected(best));
		expect(describeClientCertificate(material, undefined, 'X26ABC1')?.validTo.getTime()).toBe(validTo(prepared.clientCertificate));
		// What is sent beside it are issuers, never another certificate of the same key.
		expect(prepared.clientCertificate?.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
		expect(() => createSecureContext({ cert: prepared.clientCertificate, key: prepared.privateKey })).not.toThrow();
	});

	const oneKey = CASES.filter(([, signed]) => !signed.includes(ELSEWHERE));
	test.each(
		['AES-256-CBC', 'PBE-SHA1-3DES', 'NONE'].flatMap((encryption) =>
			oneKey.map(([what, signed, best]) => [encryption, what, signed, best] as const),
		),
	)('from a PKCS#12 file whose certificates are encrypted with %s: %s', (encryption, _what, signed, best) => {
		expectBest(opensslPkcs12(keyOf(CURRENT), signed.map(pem).join(''), PASSPHRASE, encryption), best);
	});

	test.each(CASES.filter(([, signed]) => signed.includes(ELSEWHERE)))('from a keystore: %s', (_what, signed, best) => {
		expectBest(
			keystore(
				signed.map((each) => ({ keyPem: keyOf(each), certificatePem: pem(each) })),
				'changeit',
			),
			best,
			'changeit',
		);
	});

	function expectBest(pkcs12: Buffer, best: Signed, passphrase = PASSPHRASE): void {
		const material: TlsMaterial = { pkcs12, passphrase };
		const prepared = prepareTlsMaterial(material, undefined, 'X26ABC1');
		const leaf = describeClientCertificate(material, undefined, 'X26ABC1');
		expect(Math.floor((leaf?.validTo.getTime() ?? 0) / DAY_MS)).toBe(expected(best));
		// Either the file itself, where TLS takes the same pair from it, or that pair in PEM.
		if (prepared.pkcs12 === undefined) expect(validTo(prepared.clientCertificate)).toBe(leaf?.validTo.getTime());
		expect(() =>
			createSecureContext(
				prepared.pkcs12
					? { pfx: prepared.pkcs12, passphrase: prepared.passphrase }
					: { cert: prepared.clientCertificate, key: prepared.privateKey },
			),
		).not.toThrow();
	}

	test.each<[string, Signed[], RegExp]>([
		['expired, both: the later day', [{ ...EXPIRED, to: -300 }, EXPIRED], /expired on/],
		['expired, and not valid yet: the coming one', [EXPIRED, FUTURE], /is not valid before/],
	])('where none is in date, what is said is about the last: %s', (_what, signed, message) => {
		for (const material of [
			{ clientCertificate: signed.map(pem).join(''), privateKey: keyOf(EXPIRED) },
			{ pkcs12: opensslPkcs12(keyOf(CURRENT), signed.map(pem).join(''), PASSPHRASE, 'AES-256-CBC'), passphrase: PASSPHRASE },
		]) {
			expect(thrownBy(() => prepareTlsMaterial(material)).message).toMatch(message);
		}
	});
});
