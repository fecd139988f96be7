import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { transformFileSync } from '@swc/core';
import { webcrypto } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ServerHandle } from './server/control';
import type { Access } from './work';

/** What all runs of one benchmark share: a folder that goes away, a server, and the means to talk to it. */
export interface Session {
	folder: string;
	server: ServerHandle;
	access: Access;
	close(): Promise<void>;
}

export async function openSession(): Promise<Session> {
	buildPrograms();
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-bench-'));
	const remove = (): void => {
		rmSync(folder, { recursive: true, force: true });
	};
	process.once('exit', remove);
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		process.once(signal, () => {
			process.exit(130);
		});

	const certificates = await makeCertificates();
	const save = (name: string, text: string): string => {
		const path = join(folder, name);
		writeFileSync(path, text, { mode: 0o600 });
		return path;
	};
	const server = await ServerHandle.start(join(BUILD_FOLDER, 'bench/server/main.js'), save('server.json', JSON.stringify(certificates)));
	return {
		folder,
		server,
		access: {
			url: server.url,
			mailboxId: 'BENCH001',
			password: 'password',
			sharedKey: 'BenchmarkKey',
			caPath: save('ca.pem', certificates.ca),
			certificatePath: save('client.pem', certificates.client.certificate),
			privateKeyPath: save('client.key', certificates.client.privateKey),
		},
		async close() {
			await server.stop();
			remove();
		},
	};
}

export const REPOSITORY = resolve(__dirname, '..');
/** Inside the repository, so that the programs find its node_modules; one for each benchmark that runs. */
export const BUILD_FOLDER = join(REPOSITORY, 'bench/results', `build-${process.pid}`);

const SOURCES = ['bench/children', 'bench/server', 'bench/work.ts', 'nodes', 'credentials', 'test/engine'];

/** Compiles what runs in processes of its own, so that none of them pays for compiling while it is measured. */
function buildPrograms(): void {
	process.once('exit', () => {
		rmSync(BUILD_FOLDER, { recursive: true, force: true });
	});
	for (const source of SOURCES.filter((path) => existsSync(join(REPOSITORY, path)))) for (const file of filesOf(source)) buildFile(file);
}

function* filesOf(source: string): Generator<string, void, void> {
	if (source.endsWith('.ts')) {
		yield source;
		return;
	}
	for (const entry of readdirSync(join(REPOSITORY, source), { withFileTypes: true, recursive: true })) {
		if (entry.isFile()) yield join(source, join(entry.parentPath, entry.name).slice(join(REPOSITORY, source).length));
	}
}

function buildFile(file: string): void {
	const target = join(BUILD_FOLDER, file);
	mkdirSync(dirname(target), { recursive: true });
	if (file.endsWith('.test.ts') || file.endsWith('.d.ts')) return;
	if (!file.endsWith('.ts')) {
		cpSync(join(REPOSITORY, file), target);
		return;
	}
	const { code } = transformFileSync(join(REPOSITORY, file), {
		swcrc: false,
		sourceMaps: 'inline',
		jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
		module: { type: 'commonjs', ignoreDynamic: true },
	});
	writeFileSync(target.replace(/\.ts$/, '.js'), code);
}

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
