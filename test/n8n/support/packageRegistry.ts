import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { repositoryFolder } from '../../../n8n-lab/paths';
import { Authority } from '../../../sandbox/certificates/authority';

/**
 * The registry of npm packages, as n8n and npm see it: n8n without an Enterprise licence names the public one to npm whatever is
 * configured, so this is a proxy that answers for every host by itself. Nothing leaves the machine.
 */
export interface PackageRegistry {
	/** What n8n's environment needs to come here. */
	readonly environment: Record<string, string>;
	/** Publishes a tarball; the newest one is `latest`. */
	publish(tarball: string): void;
	close(): Promise<void>;
}

interface Release {
	manifest: { name: string; version: string };
	content: Buffer;
}

/** @param folder for its certificate and npm's cache */
export async function startPackageRegistry(folder: string): Promise<PackageRegistry> {
	const releases: Release[] = [];
	const authority = await Authority.create('Package registry of a test');
	const contextFor = contexts(authority);
	const registry = createServer(
		{ SNICallback: (host, done) => void contextFor(host).then((context) => done(null, context), done) },
		(request, response) => {
			answer(releases, request, response);
		},
	);
	const proxy = createProxy((_request, response) => response.writeHead(404).end());
	proxy.on('connect', (_request: IncomingMessage, socket: Socket) => {
		socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
		registry.emit('connection', socket);
	});
	const sockets = new Set<Socket>();
	proxy.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.once('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	return {
		environment: npmEnvironment(folder, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, authority.pem),
		publish: (tarball) => void releases.push(readRelease(tarball)),
		async close() {
			const closed = new Promise((resolve) => proxy.close(resolve));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

/** Another version of a packed package: all of it but the number is the same. @returns its tarball */
export function repack(tarball: string, version: string): string {
	const folder = mkdtempSync(`${tarball}-${version}-`);
	execFileSync('tar', ['-xzf', tarball, '-C', folder]);
	const file = join(folder, 'package', 'package.json');
	writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), version }));
	const repacked = join(folder, 'package.tgz');
	execFileSync('tar', ['-czf', repacked, '-C', folder, 'package']);
	return repacked;
}

/** The tarball of a package that is installed here, for what the package under test depends on. */
export function packInstalled(name: string, folder: string): string {
	mkdirSync(folder, { recursive: true });
	const installed = join(repositoryFolder, 'node_modules', name);
	const packed = execFileSync('npm', ['pack', installed, '--silent', '--ignore-scripts', '--pack-destination', folder], {
		encoding: 'utf8',
	});
	return join(folder, packed.trim());
}

function npmEnvironment(folder: string, proxy: string, ca: string): Record<string, string> {
	mkdirSync(folder, { recursive: true });
	const caFile = join(folder, 'ca.pem');
	writeFileSync(caFile, ca);
	return {
		HTTPS_PROXY: proxy,
		https_proxy: proxy,
		NO_PROXY: 'localhost,127.0.0.1',
		no_proxy: 'localhost,127.0.0.1',
		NODE_EXTRA_CA_CERTS: caFile,
		// Settings of the person who runs the test would name another registry or another authority.
		npm_config_userconfig: join(folder, 'no-user.npmrc'),
		npm_config_globalconfig: join(folder, 'no-global.npmrc'),
		npm_config_cafile: caFile,
		npm_config_cache: join(folder, 'cache'),
		npm_config_update_notifier: 'false',
	};
}

/** A server certificate for each host that is asked for. */
function contexts(authority: Authority): (host: string) => Promise<SecureContext> {
	const made = new Map<string, Promise<SecureContext>>();
	const make = async (host: string) => {
		const { certificate, privateKey } = await authority.issueServer(host, [{ type: 'dns', value: host }]);
		return createSecureContext({ cert: certificate, key: privateKey });
	};
	return async (host) => {
		const context = made.get(host) ?? make(host);
		made.set(host, context);
		return await context;
	};
}

function readRelease(tarball: string): Release {
	const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
	return { manifest: JSON.parse(manifest) as Release['manifest'], content: readFileSync(tarball) };
}

/** `/name`, `/name/version-or-tag` and `/name/-/version.tgz`. */
function answer(releases: Release[], request: IncomingMessage, response: ServerResponse): void {
	const [name, what, file] = decodeURIComponent(request.url?.split('?')[0] ?? '')
		.slice(1)
		.split('/');
	const own = releases.filter(({ manifest }) => manifest.name === name);
	const json = (status: number, body: object) =>
		response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
	const version = what === '-' ? file?.replace(/\.tgz$/, '') : what === 'latest' ? own.at(-1)?.manifest.version : what;
	const release = own.find(({ manifest }) => manifest.version === version);
	const base = `https://${request.headers.host}/${name}`;
	if (request.method !== 'GET' || own.length === 0) json(404, { error: 'Not found' });
	else if (what === undefined) json(200, packument(own, base));
	else if (release === undefined) json(404, { error: 'Not found' });
	else if (what === '-') response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(release.content);
	else json(200, describeRelease(release, base));
}

const packument = (own: Release[], base: string) => ({
	name: own[0].manifest.name,
	'dist-tags': { latest: own.at(-1)?.manifest.version },
	versions: Object.fromEntries(own.map((release) => [release.manifest.version, describeRelease(release, base)])),
});

const describeRelease = ({ manifest, content }: Release, base: string) => ({
	...manifest,
	dist: {
		tarball: `${base}/-/${manifest.version}.tgz`,
		integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
	},
});
