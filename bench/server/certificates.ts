import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM texts, made anew for each benchmark and never kept. */
export interface BenchCertificates {
	ca: string;
	server: { certificate: string; privateKey: string };
	client: { certificate: string; privateKey: string };
}

// RSA-2048 on both sides, as the certificates are that NHS England issues: the cost of a handshake depends on it.
const RSA: RsaHashedKeyGenParams = {
	name: 'RSASSA-PKCS1-v1_5',
	hash: 'SHA-256',
	publicExponent: new Uint8Array([1, 0, 1]),
	modulusLength: 2048,
};
const VALID_MS = 24 * 3600 * 1000;

type Keys = webcrypto.CryptoKeyPair;
type RsaHashedKeyGenParams = webcrypto.RsaHashedKeyGenParams;

/** A certificate authority, and a server and a client certificate signed by it, valid for a day. */
export async function makeCertificates(): Promise<BenchCertificates> {
	x509.cryptoProvider.set(webcrypto);
	const [authority, server, client] = await Promise.all([makeKeys(), makeKeys(), makeKeys()]);
	const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + VALID_MS), signingAlgorithm: RSA };
	const issuer = 'CN=Benchmark authority';
	const ca = await x509.X509CertificateGenerator.createSelfSigned({
		...validity,
		serialNumber: '01',
		name: issuer,
		keys: authority,
		extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
	});
	const sign = async (serialNumber: string, subject: string, keys: Keys, usage: string, names: x509.JsonGeneralName[]): Promise<string> =>
		(
			await x509.X509CertificateGenerator.create({
				...validity,
				serialNumber,
				subject,
				issuer,
				publicKey: keys.publicKey,
				signingKey: authority.privateKey,
				extensions: [
					new x509.ExtendedKeyUsageExtension([usage]),
					...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
				],
			})
		).toString('pem');
	return {
		ca: ca.toString('pem'),
		server: {
			certificate: await sign('02', 'CN=localhost', server, x509.ExtendedKeyUsage.serverAuth, [
				{ type: 'dns', value: 'localhost' },
				{ type: 'ip', value: '127.0.0.1' },
			]),
			privateKey: await exportKey(server),
		},
		client: {
			certificate: await sign('03', 'CN=BENCH001.X26.api.mesh-client.example', client, x509.ExtendedKeyUsage.clientAuth, []),
			privateKey: await exportKey(client),
		},
	};
}

async function makeKeys(): Promise<Keys> {
	return await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
}

async function exportKey(keys: Keys): Promise<string> {
	return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}
