import { problem } from '../terminal';

/** Any value; n8n binds a login to it, so it must stay the same. */
const BROWSER_ID = 'nhs-mesh-demo';
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_ERROR_CHARACTERS = 400;

/** Who owns the n8n instance. */
export interface Owner {
	email: string;
	/** 8 to 64 characters with a digit and an upper-case letter. */
	password: string;
}

/** The REST interface that n8n's own editor uses (n8n 1.123 and 2.41), with the editor's session cookie. */
export class N8nRest {
	private cookie = '';

	constructor(readonly url: string) {}

	/** The `data` of the answer. @throws a problem with n8n's message on any status but 2xx */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const response = await this.request(method, path, body);
		const text = await response.text();
		if (!response.ok) throw problem(`n8n refused ${method} ${path} with ${response.status}: ${messageOf(text)}`);
		return (text === '' ? undefined : (JSON.parse(text) as { data: unknown }).data) as T;
	}

	/** The raw answer, for content. */
	async request(method: string, path: string, body?: unknown): Promise<Response> {
		const send = async () =>
			await fetch(this.url + path, {
				method,
				headers: { 'content-type': 'application/json', 'browser-id': BROWSER_ID, ...(this.cookie && { cookie: this.cookie }) },
				body: body === undefined ? undefined : JSON.stringify(body),
				signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
			});
		// After some busy seconds n8n closes its idle connections without looking whether one has a request by now.
		const response = await send().catch(
			async (error: Error) => await (method === 'GET' && isReset(error) ? send() : Promise.reject(error)),
		);
		const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
		if (cookies.length > 0) this.cookie = cookies.join('; ');
		return response;
	}

	/** Makes the owner of a new instance, or logs in to one that has an owner. */
	async signIn(owner: Owner): Promise<void> {
		const { userManagement } = await this.call<{ userManagement: { showSetupOnFirstLoad: boolean } }>('GET', '/rest/settings');
		if (userManagement.showSetupOnFirstLoad) {
			await this.call('POST', '/rest/owner/setup', { ...owner, firstName: 'Mesh', lastName: 'Sandbox' });
		} else {
			await this.call('POST', '/rest/login', { emailOrLdapLoginId: owner.email, password: owner.password });
		}
	}
}

function isReset({ cause }: Error): boolean {
	return ['ECONNRESET', 'UND_ERR_SOCKET'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

function messageOf(body: string): string {
	try {
		const { message } = JSON.parse(body) as { message?: unknown };
		return String(message).slice(0, MAX_ERROR_CHARACTERS);
	} catch {
		return body.slice(0, MAX_ERROR_CHARACTERS);
	}
}
