import { createServer } from 'node:net';
import { startSandbox } from '../../../sandbox';
import { sandboxForTests } from '../support/caller';
import { ask, change, FeedReader } from './pageClient';

const world = sandboxForTests({ pagePort: 0 });
const host = () => new URL(world.sandbox.pageUrl as string).host;

test('the page is served with a policy that lets no script, style or request of another origin in', async () => {
	const { status, headers, text } = await ask(world.sandbox, 'GET', '/', { host: host() });
	expect(status).toBe(200);
	expect(headers['content-type']).toBe('text/html; charset=utf-8');
	expect(text).toContain('<h1>MESH sandbox</h1>');
	const policy = headers['content-security-policy'] ?? '';
	for (const rule of [
		"default-src 'none'",
		"script-src 'self'",
		"frame-ancestors 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
	])
		expect(policy).toContain(rule);
	expect(policy).not.toMatch(/unsafe|\*|https?:/);
	expect(headers).toMatchObject({
		'x-content-type-options': 'nosniff',
		'referrer-policy': 'no-referrer',
		'cache-control': 'no-store',
		'cross-origin-resource-policy': 'same-origin',
	});
});

test.each(['/', '/data/state', '/events', '/messageexchange/admin/mailboxes', '/app/main.js'])(
	'%s is refused under another host name, so that a rebound name reads nothing',
	async (path) => {
		for (const name of ['evil.example', `evil.example:${host().split(':')[1]}`, 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1']) {
			const { status, text } = await ask(world.sandbox, 'GET', path, { host: name });
			expect([name, status]).toEqual([name, 403]);
			expect(text).not.toContain('X26ABC1');
		}
	},
);

test.each(['localhost', '127.0.0.1', '[::1]'])('the host name %s is this machine', async (name) => {
	const { status } = await ask(world.sandbox, 'GET', '/data/state', { host: `${name}:${host().split(':')[1]}` });
	expect(status).toBe(200);
});

test('calls that change something need the Origin of the page, so that no other website can send them', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'still here' });
	const origins: Array<Record<string, string>> = [
		{},
		{ origin: 'null' },
		{ origin: 'https://evil.example' },
		{ origin: `https://${host()}` },
		{ origin: 'http://localhost:1' },
		{ origin: `http://${host()}.evil.example` },
	];
	for (const origin of origins) {
		for (const [method, path] of [
			['DELETE', '/messageexchange/admin/reset'],
			['POST', '/messageexchange/admin/message'],
			['PATCH', '/messageexchange/admin/behaviour'],
		]) {
			const { status, text } = await ask(world.sandbox, method, path, { host: host(), ...origin }, { to: 'X26ABC1', content: 'forged' });
			expect([origin, method, status]).toEqual([origin, method, 403]);
			expect(text).toContain('Origin');
		}
	}
	expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
});

test('the page changes the sandbox through the admin calls', async () => {
	const { status, json } = await change(world.sandbox, 'POST', '/messageexchange/admin/message', { to: 'X26ABC2', content: 'hello' });
	expect(status).toBe(200);
	expect((await world.sandbox.content(json<{ message_id: string }>().message_id)).toString()).toBe('hello');
});

test('the admin calls answer on the page’s port as on the API’s: status, media type and body', async () => {
	const calls: Array<[string, string, string?]> = [
		['GET', 'clock/'],
		['GET', 'mailboxes'],
		['GET', 'mailbox/x26abc1'],
		['GET', 'mailbox/NOBODY'],
		['GET', 'message/NONE'],
		['GET', 'requests?after=abc'],
		['PUT', 'clock', '{}'],
		['HEAD', 'clock'],
		['DELETE', 'clock'],
		['OPTIONS', 'faults'],
		['GET', 'reset'],
		['GET', 'nothing'],
		['POST', 'nothing', '{}'],
		['GET', 'mailbox/%zz'],
		['GET', `mailbox/${'X'.repeat(200)}`],
		['POST', 'message', '{}'],
		['POST', 'clock', 'not json'],
		['PATCH', 'behaviour', '{"unheard":1}'],
		['POST', 'faults', '{"fault":{"kind":"unheard"}}'],
		['POST', 'mailbox', '{"mailbox_id":"X26ABC1","ods_code":"X26"}'],
	];
	for (const accept of ['application/vnd.mesh.v1+json', 'application/vnd.mesh.v2+json', '*/*', 'nonsense/vnd.mesh']) {
		for (const [method, path, body] of calls) {
			const headers = { accept, 'content-type': 'no media type' };
			const api = await world.mesh.call({ method, path: `admin/${path}`, as: null, headers, body });
			const page = await ask(
				world.sandbox,
				method,
				`/messageexchange/admin/${path}`,
				{ ...headers, host: host(), origin: world.sandbox.pageUrl as string },
				body,
			);
			const seen = ({ status, headers: answered, text }: { status: number; headers: Record<string, unknown>; text: string }) => [
				accept,
				method,
				path,
				status,
				answered['content-type'],
				answered.location,
				text,
			];
			expect(seen(page)).toEqual(seen(api));
		}
	}
	expect((await change(world.sandbox, 'PUT', '/messageexchange/admin/clock')).status).toBe(405);
});

test('what is nowhere on the page’s port is 404 in the words of the API', async () => {
	for (const path of ['/messageexchange/X26ABC1/inbox', '/nothing']) {
		const { status, headers, text } = await ask(world.sandbox, 'GET', path, { host: host() });
		expect([path, status, headers['content-type'], text]).toEqual([path, 404, 'application/json', '{"detail":"Not Found"}']);
	}
});

test('the files of the page can be asked for by HEAD', async () => {
	for (const path of ['/', '/app/main.js']) {
		const [head, get] = [await ask(world.sandbox, 'HEAD', path, { host: host() }), await ask(world.sandbox, 'GET', path, { host: host() })];
		expect([path, head.status, head.text]).toEqual([path, 200, '']);
		expect(head.headers).toMatchObject({
			'content-type': get.headers['content-type'],
			'content-length': String(Buffer.byteLength(get.text)),
		});
	}
});

test('only the files of the page are served', async () => {
	for (const path of [
		'/../startPage.ts',
		'/..%2fstartPage.ts',
		'/%2e%2e/startPage.ts',
		'/app/../../startPage.ts',
		'/tsconfig.json',
		'/app',
		'/index.html',
		'/etc/passwd',
	]) {
		const { status } = await ask(world.sandbox, 'GET', path, { host: host() });
		expect([path, status]).toEqual([path, 404]);
	}
});

test('nothing secret reaches the page: no password, no shared key, no token', async () => {
	await world.mesh.call({ path: 'X26ABC1/inbox' });
	await world.mesh.call({
		method: 'POST',
		path: 'X26ABC1/outbox',
		headers: { 'mex-to': 'GPPROVIDER_9000000009_20001231_Testpatient', 'mex-workflowid': 'W' },
		body: 'x',
	});
	const feed = new FeedReader(world.sandbox);
	const shown = JSON.stringify([await feed.next('requests'), (await ask(world.sandbox, 'GET', '/data/state', { host: host() })).text]);
	feed.close();
	expect(shown).toContain('X26ABC1/inbox');
	expect(shown).not.toMatch(/TestKey|"password"|NHSMESH X26ABC1:|9000000009|Testpatient/);
});

test('what the page does is not in the log of requests', async () => {
	const before = world.sandbox.requests.length;
	await change(world.sandbox, 'POST', '/messageexchange/admin/clock', { advance_ms: 0 });
	await ask(world.sandbox, 'GET', '/data/state', { host: host() });
	expect(world.sandbox.requests).toHaveLength(before);
});

test('there is no page unless it is asked for', async () => {
	const sandbox = await startSandbox();
	expect(sandbox.pageUrl).toBeUndefined();
	await sandbox.close();
});

test('a page port that is taken keeps the sandbox from starting, and its own port is free again', async () => {
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
	const taken = (other.address() as { port: number }).port;
	const free = await startSandbox();
	await free.close();
	await expect(startSandbox({ port: free.port, pagePort: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	const again = await startSandbox({ port: free.port });
	expect(again.port).toBe(free.port);
	await again.close();
	other.close();
});

test('closing the sandbox ends an open page too', async () => {
	const sandbox = await startSandbox({ pagePort: 0 });
	const feed = new FeedReader(sandbox);
	await feed.next('state');
	await sandbox.close();
	await feed.ended;
});
