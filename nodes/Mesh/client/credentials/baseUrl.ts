import { invalidCredential } from './invalidCredential';

const HINT = 'Give the scheme, the host and, if needed, the port, such as https://msg.intspineservices.nhs.uk';

/** The origin of the configured address; MESH's own paths are added to it, so it may not bring one along. */
export function checkBaseUrl(baseUrl: string): string {
	const url = parsed(baseUrl);
	if (!url) throw invalidCredential('baseUrl', 'The base URL is not a URL', HINT);
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw invalidCredential('baseUrl', 'The base URL must begin with https:// (or http:// for a local test server)', HINT);
	}
	if (url.username || url.password) {
		throw invalidCredential('baseUrl', 'The base URL must not hold a user name or password', HINT);
	}
	if (url.search || url.hash || !/^\/*(messageexchange\/*)?$/.test(url.pathname)) {
		throw invalidCredential('baseUrl', 'The base URL must not hold a path or a query', HINT);
	}
	return url.origin;
}

function parsed(text: string): URL | undefined {
	const trimmed = text.trim();
	return URL.canParse(trimmed) ? new URL(trimmed) : undefined;
}
