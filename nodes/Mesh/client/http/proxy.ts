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
	const exceptions = (variable(environment, 'no_proxy') ?? '').toLowerCase().split(/[\s,]+/).filter(Boolean);
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
