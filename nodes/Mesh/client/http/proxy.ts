import { CodedError } from '../errors';

/** What of the environment decides about proxies; the small form of a name comes first. */
export const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'];

/**
 * The proxy to an origin by the rules that n8n's own requests follow: by scheme, `ALL_PROXY` for what has none of its own, and
 * `NO_PROXY` with hosts (exactly), `.domain`, `*.domain`, `host:port` and `*`.
 */
export function proxyFor(origin: string, environment: NodeJS.ProcessEnv): string | undefined {
	const { protocol, hostname, port } = new URL(origin);
	const scheme = protocol.slice(0, -1);
	const proxy = variable(environment, `${scheme}_proxy`) ?? variable(environment, 'all_proxy');
	if (!proxy) return undefined;
	const ownPort = Number(port) || (scheme === 'https' ? 443 : 80);
	const exceptions = (variable(environment, 'no_proxy') ?? '')
		.toLowerCase()
		.split(/[\s,]+/)
		.filter(Boolean);
	if (exceptions.some((exception) => excepts(exception, hostname, ownPort))) return undefined;
	return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
	return environment[name] || environment[name.toUpperCase()] || undefined;
}

function excepts(exception: string, hostname: string, port: number): boolean {
	if (exception === '*') return true;
	const [, host, onlyPort] = /^(.+?)(?::(\d+))?$/.exec(exception) ?? [exception, exception];
	if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
	return /^[.*]/.test(host) ? hostname.endsWith(host.replace(/^\*/, '')) : hostname === host;
}

export interface Proxy {
	/** Whether the proxy itself is spoken to over TLS. */
	secure: boolean;
	hostname: string;
	port: number;
	/** The header `Proxy-Authorization`, where the address holds a user name. */
	authorization?: string;
}

/** The way to an origin, where it leads through a proxy. Throws as `readProxy` does. */
export function proxyTo(origin: string, environment: NodeJS.ProcessEnv): Proxy | undefined {
	const address = proxyFor(origin, environment);
	return address === undefined ? undefined : readProxy(address);
}

/**
 * Reads the address of a proxy. Throws with the code `MESH_PROXY_ADDRESS` or `MESH_PROXY_SCHEME` and without a word of the
 * address, which can hold a password.
 */
function readProxy(address: string): Proxy {
	const text = address.trim();
	// A URL takes these for the end of the host, and what follows for something else: as a rule they are in a password.
	if (/^[^/]*\/\/[^/]*\\/.test(text) || /[/?#].*@/.test(text.replace(/^[^/]*\/\//, '')) || !URL.canParse(text))
		throw new CodedError('MESH_PROXY_ADDRESS');
	const { protocol, hostname, port, username, password } = new URL(text);
	const secure = protocol === 'https:';
	if (!secure && protocol !== 'http:') throw new CodedError('MESH_PROXY_SCHEME');
	const [user, word] = [decoded(username), decoded(password)];
	return {
		secure,
		hostname: hostname.replace(/^\[|\]$/g, ''),
		port: Number(port) || (secure ? 443 : 80),
		...(user || word ? { authorization: `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}` } : {}),
	};
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw new CodedError('MESH_PROXY_ADDRESS');
	}
}
