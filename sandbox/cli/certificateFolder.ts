import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateSet, createCertificates, createStranger } from '../certificates/certificateSet';
import type { CertificateSet, KeyPair } from '../contract/sandbox';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The files a folder of certificates holds. */
export const CERTIFICATE_FILES = {
	ca: 'ca.pem',
	serverCertificate: 'server-cert.pem',
	serverKey: 'server-key.pem',
	clientCertificate: 'client-cert.pem',
	clientKey: 'client-key.pem',
	clientPkcs12: 'client.p12',
} as const;

/** Uses the certificates in the folder while they hold for another day; makes and writes new ones otherwise. */
export async function certificatesIn(folder: string, clientName: string): Promise<CertificateSet> {
	const kept = readKept(folder);
	if (kept) keepPrivate(folder);
	if (kept) return certificateSet(kept.ca, kept.server, kept.client, await createStranger(clientName));
	const made = await createCertificates(clientName, 'rsa');
	write(folder, made);
	return made;
}

function readKept(folder: string): { ca: string; server: KeyPair; client: KeyPair } | undefined {
	const path = (name: keyof typeof CERTIFICATE_FILES) => join(folder, CERTIFICATE_FILES[name]);
	if (!Object.values(CERTIFICATE_FILES).every((name) => existsSync(join(folder, name)))) return undefined;
	const read = (name: keyof typeof CERTIFICATE_FILES) => readFileSync(path(name), 'utf8');
	const ca = read('ca');
	const server = { certificate: read('serverCertificate'), privateKey: read('serverKey') };
	const client = { certificate: read('clientCertificate'), privateKey: read('clientKey') };
	return isUsable(ca, server) && isUsable(ca, client) ? { ca, server, client } : undefined;
}

/** Readable, key and certificate of one pair, signed by the authority, and good for another day. */
function isUsable(ca: string, pair: KeyPair): boolean {
	try {
		const authority = new X509Certificate(ca);
		const certificate = new X509Certificate(pair.certificate);
		const soon = Date.now() + DAY_MS;
		const isCurrent = [authority, certificate].every(({ validTo }) => Date.parse(validTo) > soon);
		return isCurrent && certificate.verify(authority.publicKey) && certificate.checkPrivateKey(createPrivateKey(pair.privateKey));
	} catch {
		return false;
	}
}

function write(folder: string, { ca, server, client, clientPkcs12 }: CertificateSet): void {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chmodSync(folder, 0o700);
	const put = (name: keyof typeof CERTIFICATE_FILES, content: string | Buffer, mode: number) => {
		const file = join(folder, CERTIFICATE_FILES[name]);
		// Never into what is there: a link would lead elsewhere, and whoever has an old file open would read the key.
		rmSync(file, { force: true });
		writeFileSync(file, content, { mode, flag: 'wx' });
	};
	put('ca', ca, 0o644);
	put('serverCertificate', server.certificate, 0o644);
	put('serverKey', server.privateKey, 0o600);
	put('clientCertificate', client.certificate, 0o644);
	put('clientKey', client.privateKey, 0o600);
	put('clientPkcs12', clientPkcs12, 0o600);
}

/** Keys that were copied here or restored from a backup may be readable for all. */
function keepPrivate(folder: string): void {
	for (const name of ['serverKey', 'clientKey', 'clientPkcs12'] as const) chmodSync(join(folder, CERTIFICATE_FILES[name]), 0o600);
}
