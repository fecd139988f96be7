import type { IncomingMessage } from 'node:http';

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request may reach the page: from this machine, and not from a website that happens to be open in a browser
 * on it. The Host header defeats names that are rebound to 127.0.0.1; the Origin header, which a browser always sends
 * with anything but GET, defeats forms and scripts of other sites.
 * @returns why not, or undefined
 */
export function refusalOf({ method, headers, socket }: IncomingMessage): string | undefined {
	const { host = '', origin } = headers;
	if (!/^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')) return 'The page is for this machine only.';
	if (!LOCAL_HOST.test(host)) return 'Open the page as http://localhost, not under another name.';
	if (method === 'GET' || method === 'HEAD') return undefined;
	if (origin !== `http://${host}`) return `This call changes the sandbox: send it from the page, or with the header "Origin: http://${host}".`;
	return undefined;
}
