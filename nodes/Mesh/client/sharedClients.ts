import { createHash } from 'node:crypto';
import { MeshClient } from './MeshClient';
import { PROXY_VARIABLES } from './http/proxy';
import type { MeshClientOptions } from './settings';

/** Longer than five minutes, the pause between polls, so that a poll finds its connections or resumes their TLS sessions. */
const IDLE_MS = 15 * 60_000;

interface Entry {
	client: MeshClient;
	timer: NodeJS.Timeout;
}

const entries = new Map<string, Entry>();

/**
 * The client of a credential, shared within the process: one pool of connections and one full TLS handshake. Whatever differs
 * in the options, be it one character of the password, gets another client, so that no credential ever uses the connections of
 * another; the client of a credential that was changed is closed when it has been idle for a while. Never close it.
 * Throws `MESH_INVALID_CREDENTIAL`.
 */
export function sharedClient(options: MeshClientOptions): MeshClient {
	const key = digestOf(options);
	const known = entries.get(key);
	if (known) {
		known.timer.refresh();
		return known.client;
	}
	const client = new MeshClient(options);
	entries.set(key, { client, timer: setTimeout(closeWhenIdle, IDLE_MS, key).unref() });
	return client;
}

/** Closes all of them, running calls first. For the end of the process and of tests. */
export async function closeSharedClients(): Promise<void> {
	const closing = [...entries.values()];
	entries.clear();
	for (const { timer } of closing) clearTimeout(timer);
	await Promise.all(closing.map(async ({ client }) => await client.close()));
}

function closeWhenIdle(key: string): void {
	const entry = entries.get(key);
	if (!entry) return;
	if (entry.client.busy) {
		entry.timer.refresh();
		return;
	}
	entries.delete(key);
	// Whoever still holds the client can go on using it: it opens connections anew.
	void entry.client.close().catch(() => {});
}

/** Identities for the replaceable parts, which have no text to digest. */
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A digest, so that no secret is kept a second time as a key. The logger does not matter: it changes nothing that is sent. */
function digestOf(options: MeshClientOptions): string {
	const { runtime, tls, ...rest } = { ...options, logger: undefined };
	const { pkcs12, ...texts } = tls;
	const hash = createHash('sha256');
	hash.update(JSON.stringify([sorted(rest), sorted(texts), identityOf(runtime), proxies()]));
	if (pkcs12) hash.update(pkcs12);
	return hash.digest('hex');
}

function sorted(value: object): unknown[] {
	return Object.entries(value)
		.filter(([, entry]) => entry !== undefined)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, entry]: [string, unknown]) => [name, isPlain(entry) ? sorted(entry) : entry]);
}

function isPlain(value: unknown): value is object {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function identityOf(value: object | undefined): number {
	if (!value) return 0;
	const known = identities.get(value);
	if (known !== undefined) return known;
	identities.set(value, ++lastIdentity);
	return lastIdentity;
}

function proxies(): Array<string | undefined> {
	return PROXY_VARIABLES.map((name) => process.env[name]);
}
