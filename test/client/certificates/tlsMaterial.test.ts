import fc from 'fast-check';
import { pki } from 'node-forge';
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { isMeshError } from '../../../nodes/Mesh/client';
import type { TlsMaterial } from '../../../nodes/Mesh/client';
import { describeClientCertificate, prepareTlsMaterial } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import { cases } from '../../support/cases';
import { thrownBy } from '../world';
import { chainOfThree, issue, pkcs8 } from './fixtures';
import { keystore, opensslPkcs12 } from './pkcs12Files';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('what the credential holds', () => {
	let made: Awaited<ReturnType<typeof chainOfThree>>;
	let good: { clientCertificate: string; privateKey: string };

	beforeAll(async () => {
		made = await chainOfThree();
		good = { clientCertificate: made.rsa.pem, privateKey: pkcs8(made.rsa.key) };
	});
	const names = (pem: string) =>
		(pem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).map((block) => new X509Certificate(block).subject);
	const refusal = (material: TlsMaterial, now?: number) => thrownBy(() => prepareTlsMaterial(material, now));

	/** Usable by TLS itself, and the same certificate and key as before. */
	function expectGood(material: TlsMaterial): void {
		const prepared = prepareTlsMaterial(material);
		expect(() =>
			createSecureContext({ cert: prepared.clientCertificate, key: prepared.privateKey, passphrase: prepared.passphrase }),
		).not.toThrow();
		expect(names(prepared.clientCertificate ?? '')[0]).toBe('CN=X26ABC1.X26.api.mesh-client.nhs.uk');
	}

	describe('PEM as people paste it is repaired', () => {
		test.each<[string, (pem: string) => string]>([
			['as it is in the file', (pem) => pem],
			['with its line breaks lost in a one-line field', (pem) => pem.replace(/\n/g, '')],
			['with spaces for line breaks', (pem) => pem.replace(/\n/g, ' ')],
			['with CRLF', (pem) => pem.replace(/\n/g, '\r\n')],
			['with backslash n, as copied from JSON', (pem) => JSON.stringify(pem)],
			['with text before and after', (pem) => `Bag Attributes\n    localKeyID: 54 69\nsubject=CN = x\n\n${pem}\nend of file`],
			['with all of that on one line', (pem) => `Bag Attributes subject=CN = x ${pem.replace(/\n/g, '')} end`],
			['indented', (pem) => pem.replace(/^/gm, '\t  ')],
			['with invisible characters', (pem) => `\ufeff${pem.replace(/\n/g, '\u00a0\n\u200b')}`],
			['with dashes of a word processor', (pem) => pem.replace(/-----/g, '\u2014\u2014\u2013')],
			['with lines of another length', (pem) => pem.replace(/([A-Za-z0-9+/=]{64})\n/g, '$1').replace(/([A-Za-z0-9+/]{40})/g, '$1\n')],
		])('%s', (_how, change) => {
			expectGood({ clientCertificate: change(good.clientCertificate), privateKey: change(good.privateKey) });
			expect(names(prepareTlsMaterial({ caCertificates: change(`${made.root.pem}${made.authority.pem}`) }).caCertificates ?? '')).toEqual([
				'CN=Root',
				'CN=Sub-CA',
			]);
		});

		test('with spaces, tabs and line breaks anywhere between its parts', () => {
			const gap = fc.string({ unit: fc.constantFrom(' ', '\n', '\r\n', '\t', '\\n'), maxLength: 4 });
			const [begin, ...rest] = good.clientCertificate.trim().split('\n');
			const end = rest.pop();
			fc.assert(
				fc.property(fc.infiniteStream(gap), fc.integer({ min: 1, max: 64 }), (gaps, width) => {
					const next = () => gaps.next().value as string;
					const body = (rest.join('').match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map((line) => line + next()).join('');
					return (
						prepareTlsMaterial({ caCertificates: next() + begin + next() + body + end + next() }).caCertificates?.replace(/\s/g, '') ===
						good.clientCertificate.replace(/\s/g, '')
					);
				}),
				{ numRuns: cases(300) },
			);
		});
	});

	describe('keys of every kind are read', () => {
		test.each<[string, () => TlsMaterial]>([
			['PKCS#8', () => good],
			['PKCS#1', () => ({ ...good, privateKey: String(made.rsa.key.export({ type: 'pkcs1', format: 'pem' })) })],
			['EC, as PKCS#8', () => ({ clientCertificate: made.ec.pem, privateKey: pkcs8(made.ec.key) })],
			[
				'EC, traditional',
				() => ({ clientCertificate: made.ec.pem, privateKey: String(made.ec.key.export({ type: 'sec1', format: 'pem' })) }),
			],
			[
				'EC, traditional, behind its parameters',
				() => ({
					clientCertificate: made.ec.pem,
					privateKey: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${String(made.ec.key.export({ type: 'sec1', format: 'pem' }))}`,
				}),
			],
			['encrypted PKCS#8', () => ({ ...good, privateKey: pkcs8(made.rsa.key, 'secret'), passphrase: 'secret' })],
			[
				'encrypted PKCS#8 on one line',
				() => ({ ...good, privateKey: pkcs8(made.rsa.key, 'secret').replace(/\n/g, ''), passphrase: 'secret' }),
			],
			['encrypted in the traditional way', () => ({ ...good, privateKey: traditional('aes-256-cbc'), passphrase: 'secret' })],
			[
				'encrypted in the traditional way, on one line',
				() => ({ ...good, privateKey: traditional('aes-256-cbc').replace(/\n/g, ''), passphrase: 'secret' }),
			],
			[
				'encrypted with 3DES, on one line',
				() => ({ ...good, privateKey: traditional('des-ede3-cbc').replace(/\n/g, ' '), passphrase: 'secret' }),
			],
			['not encrypted, with a passphrase all the same', () => ({ ...good, passphrase: 'unneeded' })],
		])('%s', (_kind, material) => {
			expectGood(material());
		});

		const traditional = (cipher: string) => String(made.rsa.key.export({ type: 'pkcs1', format: 'pem', cipher, passphrase: 'secret' }));
	});

	describe('the chain comes out in the order that TLS wants', () => {
		const ordered = ['CN=X26ABC1.X26.api.mesh-client.nhs.uk', 'CN=Sub-CA', 'CN=Root'];

		test('whatever the order it was pasted in', () => {
			const { root, authority, rsa } = made;
			fc.assert(
				fc.property(fc.shuffledSubarray([root.pem, authority.pem, rsa.pem, pkcs8(rsa.key)], { minLength: 4 }), (parts) => {
					const prepared = prepareTlsMaterial({ clientCertificate: parts.join('\n') });
					return (
						JSON.stringify(names(prepared.clientCertificate ?? '')) === JSON.stringify(ordered) &&
						(prepared.privateKey ?? '') === pkcs8(rsa.key)
					);
				}),
			);
		});

		test('with everything pasted into the field of the key, and with the same certificate twice', () => {
			const { root, authority, rsa } = made;
			const everything = [pkcs8(rsa.key), root.pem, rsa.pem, authority.pem, rsa.pem].join('');
			expect(names(prepareTlsMaterial({ privateKey: everything }).clientCertificate ?? '')).toEqual(ordered);
			expect(names(prepareTlsMaterial({ clientCertificate: rsa.pem, privateKey: everything }).clientCertificate ?? '')).toEqual(ordered);
		});
	});

	/** Blocks that files hold beside certificate and key, whole, damaged or cut off. */
	const ALIENS: Array<[string, string]> = [
		'CERTIFICATE REQUEST',
		'NEW CERTIFICATE REQUEST',
		'TRUSTED CERTIFICATE',
		'PKCS7',
		'CMS',
		'PUBLIC KEY',
		'OPENSSH PRIVATE KEY',
		'DSA PRIVATE KEY',
		'DH PARAMETERS',
		'EC PARAMETERS',
		'X509 CRL',
	].flatMap((label) => [
		[`${label}, whole`, `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`],
		[`${label}, damaged`, `-----BEGIN ${label}-----\n***\n-----END ${label}-----\n`],
		[`${label}, cut off`, `-----BEGIN ${label}-----\nMIIB\n`],
	]);

	describe('what stands beside a good certificate and key does not matter', () => {
		test.each(ALIENS)('%s', (_what, alien) => {
			for (const material of [
				{ clientCertificate: alien + made.rsa.pem, privateKey: alien + pkcs8(made.rsa.key) },
				{ clientCertificate: made.rsa.pem + alien, privateKey: pkcs8(made.rsa.key) + alien },
			]) {
				expectGood(material);
			}
			expect(names(prepareTlsMaterial({ caCertificates: alien + made.root.pem }).caCertificates ?? '')).toEqual(['CN=Root']);
		});

		test('a key that cannot be decrypted, or is damaged, beside the one that fits', () => {
			expectGood({ ...good, privateKey: pkcs8(made.ec.key, 'secret') + good.privateKey });
			expectGood({ ...good, privateKey: pkcs8(made.ec.key).replace(/\n.{20}/, '\n') + good.privateKey });
		});

		test('where no other key fits, what is wrong with it is told', () => {
			expect(refusal({ ...good, privateKey: pkcs8(made.rsa.key, 'secret') + pkcs8(made.ec.key) })).toMatchObject({
				parameter: 'passphrase',
			});
		});
	});

	describe('what cannot be used is refused with what to do, before any request', () => {
		test.each<[string, () => TlsMaterial, string, RegExp]>([
			['a certificate without its key', () => ({ clientCertificate: made.rsa.pem }), 'privateKey', /private key is missing/],
			['a key without its certificate', () => ({ privateKey: good.privateKey }), 'clientCertificate', /certificate is missing/],
			[
				'something else than PEM for a certificate',
				() => ({ ...good, clientCertificate: 'C:\\certs\\client.pem' }),
				'clientCertificate',
				/not in PEM form/,
			],
			['something else than PEM for a key', () => ({ ...good, privateKey: 'hello' }), 'privateKey', /not in PEM form/],
			['a key of another certificate', () => ({ ...good, privateKey: pkcs8(made.ec.key) }), 'privateKey', /does not belong/],
			[
				'a certificate cut off',
				() => ({ ...good, clientCertificate: good.clientCertificate.slice(0, 300) }),
				'clientCertificate',
				/cut off/,
			],
			[
				'a certificate that runs into the next',
				() => ({ ...good, clientCertificate: good.clientCertificate.slice(0, 300) + made.root.pem }),
				'clientCertificate',
				/cut off/,
			],
			[
				'a damaged certificate',
				() => ({ ...good, clientCertificate: good.clientCertificate.replace(/\n.{20}/, '\n') }),
				'clientCertificate',
				/damaged/,
			],
			[
				'a certificate with strange characters',
				() => ({ ...good, clientCertificate: good.clientCertificate.replace(/\n.{3}/, '\n***') }),
				'clientCertificate',
				/damaged/,
			],
			['a damaged key', () => ({ ...good, privateKey: good.privateKey.replace(/\n.{20}/, '\n') }), 'privateKey', /damaged/],
			[
				'an encrypted key without a passphrase',
				() => ({ ...good, privateKey: pkcs8(made.rsa.key, 'secret') }),
				'passphrase',
				/passphrase is missing/,
			],
			[
				'a wrong passphrase',
				() => ({ ...good, privateKey: pkcs8(made.rsa.key, 'secret'), passphrase: 'wrong' }),
				'passphrase',
				/passphrase is wrong/,
			],
			[
				'a signing request',
				() => ({ ...good, clientCertificate: good.clientCertificate.replace(/CERTIFICATE/g, 'CERTIFICATE REQUEST') }),
				'clientCertificate',
				/signing request/,
			],
			[
				'a PKCS#7 bundle',
				() => ({ ...good, clientCertificate: good.clientCertificate.replace(/CERTIFICATE/g, 'PKCS7') }),
				'clientCertificate',
				/PKCS#7/,
			],
			[
				'a public key',
				() => ({ ...good, clientCertificate: String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })) }),
				'clientCertificate',
				/public key/,
			],
			[
				'an SSH key',
				() => ({ ...good, privateKey: good.privateKey.replace(/PRIVATE KEY/g, 'OPENSSH PRIVATE KEY') }),
				'privateKey',
				/SSH key/,
			],
			['CA certificates that are none', () => ({ ...good, caCertificates: 'NHS' }), 'caCertificates', /no certificate/],
			['damaged CA certificates', () => ({ caCertificates: made.root.pem.replace(/\n.{20}/, '\n') }), 'caCertificates', /damaged/],
			['a novel', () => ({ ...good, clientCertificate: 'a'.repeat(1_000_001) }), 'clientCertificate', /too long/],
		])('%s', (_what, material, parameter, message) => {
			const error = refusal(material());
			expect(error).toMatchObject({ code: 'MESH_INVALID_CREDENTIAL', parameter, temporary: false });
			expect(error.message).toMatch(message);
			if (!/too long/.test(error.message)) expect(error.hint).toMatch(/^[A-Z].*/);
		});

		test('a certificate that has expired or is not valid yet, with the day', async () => {
			const to = new Date(new X509Certificate(made.rsa.pem).validTo);
			expect(refusal(good, to.getTime() + 1).message).toBe(`The client certificate expired on ${to.toISOString().slice(0, 10)}`);
			expect(refusal(good, Date.now() - 3 * DAY_MS).message).toMatch(/is not valid before/);
			const expired = await issue({ name: 'Old', from: -20, to: -10 });
			expect(refusal({ clientCertificate: expired.pem, privateKey: pkcs8(expired.key) })).toMatchObject({
				code: 'MESH_INVALID_CREDENTIAL',
				parameter: 'clientCertificate',
			});
		});

		test('no text, however damaged, gets through, shows a secret or ends in another error', () => {
			const texts = [good.clientCertificate, good.privateKey, pkcs8(made.rsa.key, 'secret'), made.root.pem];
			const damaged = fc
				.tuple(fc.constantFrom(...texts), fc.nat(2_000), fc.nat(200), fc.string({ maxLength: 20 }))
				.map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
			const secret = good.privateKey.split('\n')[5];
			fc.assert(
				fc.property(fc.array(damaged, { maxLength: 3 }), fc.array(damaged, { maxLength: 3 }), (certificate, key) => {
					try {
						prepareTlsMaterial({ clientCertificate: certificate.join('\n'), privateKey: key.join('\n'), passphrase: 'secret' });
						return true;
					} catch (error) {
						return isMeshError(error) && error.code === 'MESH_INVALID_CREDENTIAL' && !`${error.message} ${error.hint}`.includes(secret);
					}
				}),
				{ numRuns: cases(3_000) },
			);
		});
	});

	test('nothing at all is nothing at all: a test server may want no certificate', () => {
		expect(prepareTlsMaterial({ clientCertificate: ' ', privateKey: '', ignoreSslIssues: true })).toEqual({
			ignoreSslIssues: true,
			caCertificates: undefined,
		});
	});
});

describe('several that fit the key', () => {
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
});
