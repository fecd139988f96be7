import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { MessageDetails, MessageSummary, PageState } from '../../../sandbox/page/dataCalls';
import type { Preview } from '../../../sandbox/page/preview';
import type { RequestsEvent } from '../../../sandbox/page/feed';
import { startSandbox } from '../../../sandbox';
import type { RecordedRequest } from '../../../sandbox';
import { sandboxForTests, withSandbox } from '../support/caller';
import { FeedReader, ask, change } from './pageClient';

const PREVIEW_BYTES = 4096;

const world = sandboxForTests({ pagePort: 0 });
afterEach(() => world.sandbox.reset());

async function read<T>(path: string): Promise<T> {
	const { status, text, json } = await ask(world.sandbox, 'GET', path, { host: 'localhost' });
	if (status !== 200) throw new Error(`${status} ${text}`);
	return json<T>();
}

const box = (mailbox: string, which: string, query = '') =>
	read<{ total: number; messages: MessageSummary[] }>(`/data/mailboxes/${mailbox}/${which}${query}`);
const preview = (messageId: string, chunk = 1) => read<Preview>(`/data/messages/${messageId}/preview/${chunk}`);

test('mailboxes are counted: what waits, what came in, what went out', async () => {
	const first = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'a' });
	await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC3', content: 'b' });
	await world.sandbox.putReport({ to: 'X26ABC2' });
	await world.mesh.acknowledge('X26ABC2', first);
	const { mailboxes, url } = await read<PageState>('/data/state');
	expect(url).toBe(world.sandbox.url);
	const counts = mailboxes.map(({ mailboxId, waiting, received, sent }) => [mailboxId, waiting, received, sent]);
	expect(counts).toEqual([
		['X26ABC1', 0, 0, 1],
		['X26ABC2', 2, 3, 0],
		['X26ABC3', 0, 0, 1],
	]);
});

test('an inbox shows the newest first, with the acknowledged ones, and as many as asked for', async () => {
	const ids: string[] = [];
	for (const content of ['a', 'b', 'c']) ids.push(await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content }));
	await world.mesh.acknowledge('X26ABC1', ids[0]);
	const all = await box('x26abc1', 'inbox');
	expect(all.messages.map(({ messageId, status }) => [messageId, status])).toEqual([
		[ids[2], 'accepted'],
		[ids[1], 'accepted'],
		[ids[0], 'acknowledged'],
	]);
	expect(await box('X26ABC1', 'inbox', '?limit=2')).toMatchObject({ total: 3, messages: [{ messageId: ids[2] }, { messageId: ids[1] }] });
	expect((await box('X26ABC2', 'outbox')).total).toBe(3);
});

test('an unknown mailbox, box, message or chunk is 404, and a senseless limit 400', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a' });
	for (const path of [
		'/data/mailboxes/NOBODY/inbox',
		'/data/mailboxes/X26ABC1/drafts',
		'/data/messages/NONE',
		'/data/messages/NONE/preview/1',
		`/data/messages/${messageId}/preview/2`,
		`/data/messages/${messageId}/preview/constructor`,
	]) {
		expect([path, (await ask(world.sandbox, 'GET', path, { host: 'localhost' })).status]).toEqual([path, 404]);
	}
	expect((await ask(world.sandbox, 'GET', '/data/mailboxes/X26ABC1/inbox?limit=none', { host: 'localhost' })).status).toBe(400);
});

test('an upload under way shows how far it is, and a delayed delivery that it is on its way', async () => {
	const uploading = await world.mesh.send('X26ABC1', 'X26ABC2', 'one', { 'mex-chunk-range': '1:3' });
	world.sandbox.behaviour.deliveryDelayMs = 60_000;
	const delayed = await world.mesh.send('X26ABC1', 'X26ABC2', 'later');
	world.sandbox.behaviour.deliveryDelayMs = 0;
	const { messages } = await box('X26ABC2', 'inbox');
	expect(messages.find(({ messageId }) => messageId === uploading)).toMatchObject({
		shownStatus: 'uploading',
		chunksReceived: 1,
		chunkCount: 3,
	});
	expect(messages.find(({ messageId }) => messageId === delayed)).toMatchObject({ status: 'accepted', shownStatus: 'delayed' });
	world.sandbox.clock.advance(60_000);
	expect((await read<MessageDetails>(`/data/messages/${delayed}`)).shownStatus).toBe('accepted');
});

test('a message is shown with headers, chunk sizes and history', async () => {
	const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'first', { 'mex-chunk-range': '1:2', 'mex-subject': 'Hello' });
	await world.mesh.sendChunk('X26ABC1', messageId, 2, 2, 'and second');
	const details = await read<MessageDetails>(`/data/messages/${messageId}`);
	expect(details).toMatchObject({ subject: 'Hello', chunkBytes: { 1: 5, 2: 10 }, chunks: [1, 2] });
	expect(details.history.map(({ status }) => status)).toEqual(['uploading', 'accepted']);
	expect(details.headers['mex-chunk-range']).toBe('1:2');
});

test('a text is previewed as text, cut after 4 KiB without a torn character', async () => {
	const text = `${'x'.repeat(PREVIEW_BYTES - 1)}£ and more`;
	const { text: shown, more, base64 } = await preview(await world.sandbox.putMessage({ to: 'X26ABC1', content: text }));
	expect(shown).toBe('x'.repeat(PREVIEW_BYTES - 1));
	expect(more).toBe(true);
	expect(Buffer.from(base64, 'base64')).toHaveLength(PREVIEW_BYTES);
});

test('exactly 4 KiB is all there is', async () => {
	const { more, text } = await preview(await world.sandbox.putMessage({ to: 'X26ABC1', content: 'y'.repeat(PREVIEW_BYTES) }));
	expect([more, text?.length]).toEqual([false, PREVIEW_BYTES]);
});

test.each([
	['an image', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
	['text in another encoding', Buffer.from('caf\u00e9', 'latin1')],
	['text with an escape character, which a terminal would obey', Buffer.from('\x1b[2J')],
])('%s is shown as bytes', async (_, content) => {
	const shown = await preview(await world.sandbox.putMessage({ to: 'X26ABC1', content }));
	expect(shown.text).toBeUndefined();
	expect(Buffer.from(shown.base64, 'base64')).toEqual(content);
});

test('each gzip chunk is previewed unpacked', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two'], gzip: true });
	expect(await preview(messageId, 2)).toMatchObject({ text: 'two', unpacked: true, mislabelled: false, more: false });
});

test('a chunk that unpacks to gigabytes costs no more than its beginning', async () => {
	const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'));
	const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', bomb, { 'content-encoding': 'gzip' });
	const before = process.memoryUsage().rss;
	expect((await preview(messageId)).text).toHaveLength(PREVIEW_BYTES);
	expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
});

test('a chunk that is only labelled gzip is shown as it was sent, and said to be so', async () => {
	const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'not packed', { 'content-encoding': 'gzip' });
	expect(await preview(messageId)).toMatchObject({ text: 'not packed', unpacked: false, mislabelled: true });
});

test('an empty chunk of a gzip message is shown as empty, and not as a wrong label', async () => {
	const headers = { 'content-encoding': 'gzip', 'mex-chunk-range': '1:2' };
	const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', gzipSync('all of it'), headers);
	await world.mesh.sendChunk('X26ABC1', messageId, 2, 2, '', { 'content-encoding': 'gzip' });
	expect(await preview(messageId, 2)).toEqual({
		chunk: 2,
		storedBytes: 0,
		unpacked: false,
		mislabelled: false,
		more: false,
		text: '',
		base64: '',
	});
});

test('the feed begins with the recent requests and then tells each new one with its outcome', async () => {
	await world.mesh.call({ path: 'X26ABC1/inbox' });
	const feed = new FeedReader(world.sandbox);
	const first = (await feed.next('requests')) as RequestsEvent;
	expect(first.requests.map(({ path, status }) => [path, status])).toEqual([['/messageexchange/X26ABC1/inbox', 200]]);
	await world.mesh.call({ path: 'X26ABC2/inbox', as: 'X26ABC1' });
	const second = (await feed.next('requests', (event: RequestsEvent) =>
		event.requests.some(({ status }) => status !== undefined),
	)) as RequestsEvent;
	expect(second.requests).toMatchObject([
		{ path: '/messageexchange/X26ABC2/inbox', status: 403, outcome: 'Mailbox id does not match token' },
	]);
	feed.close();
});

test('all requests that are kept can be read, a part at a time, oldest first', async () => {
	for (let number = 0; number < 5; number++) await world.mesh.call({ path: 'X26ABC1/count' });
	const ids = world.sandbox.requests.map(({ id }) => id);
	const requests = async (query: string) =>
		(await read<{ requests: RecordedRequest[] }>(`/data/requests${query}`)).requests.map(({ id }) => id);
	expect(await requests('')).toEqual(ids);
	expect(await requests('?limit=2')).toEqual(ids.slice(3));
	expect(await requests(`?limit=2&before=${ids[3]}`)).toEqual(ids.slice(1, 3));
	expect(await requests(`?before=${ids[0]}`)).toEqual([]);
	for (const query of ['limit=0', 'limit=1001', 'before=none', 'before=0']) {
		expect([query, (await ask(world.sandbox, 'GET', `/data/requests?${query}`, { host: 'localhost' })).status]).toEqual([query, 400]);
	}
});

test('a request that is still running is told again when it ends', async () => {
	const feed = new FeedReader(world.sandbox);
	await feed.next('requests');
	world.sandbox.arm({ call: 'list', fault: { kind: 'lateAnswer', ms: 600 } });
	const answered = world.mesh.call({ path: 'X26ABC1/inbox' });
	const running = (await feed.next('requests')) as RequestsEvent;
	expect(running.requests[0].status).toBeUndefined();
	await answered;
	const ended = (await feed.next('requests')) as RequestsEvent;
	expect(ended.requests).toMatchObject([{ id: running.requests[0].id, status: 200, outcome: 'fault: lateAnswer' }]);
	feed.close();
});

test('the feed says when there is something to read again: messages, faults, clock, switches, a reset', async () => {
	const feed = new FeedReader(world.sandbox);
	await feed.next('state');
	const changes: Array<() => unknown> = [
		() => world.sandbox.putMessage({ to: 'X26ABC1', content: 'a' }),
		() => world.sandbox.arm({ fault: { kind: 'garbageJson' } }),
		() => world.sandbox.clearFaults(),
		() => world.sandbox.clock.advance(60 * 60 * 1000),
		() => (world.sandbox.behaviour.checkTimestamp = false),
		() => world.sandbox.reset(),
	];
	for (const change of changes) {
		await change();
		expect(await feed.next('state')).toEqual({});
	}
	world.sandbox.behaviour.checkTimestamp = true;
	feed.close();
});

test('the feed has nothing to say about the time for which connections are still refused', async () => {
	let aheadMs = 0;
	await withSandbox({ tls: false, pagePort: 0, now: () => Date.now() + aheadMs }, async (mesh, sandbox) => {
		await mesh.call({ path: 'X26ABC1/inbox' });
		const feed = new FeedReader(sandbox);
		await feed.next('state');
		sandbox.arm({ fault: { kind: 'refuseConnections', ms: 3_600_000 } });
		await feed.next('state');
		aheadMs = 10_000;
		// Whenever a page is opened, the others are told what has changed.
		const other = new FeedReader(sandbox);
		await other.next('state');
		await sandbox.reset();
		await feed.next('requests', ({ total }: RequestsEvent) => total === 0);
		expect(feed.kinds.slice(0, feed.kinds.lastIndexOf('requests'))).toEqual(['requests', 'state', 'state']);
		for (const each of [feed, other]) each.close();
	});
});

test('after a reset the feed tells that the log is empty', async () => {
	await world.mesh.call({ path: 'X26ABC1/inbox' });
	const feed = new FeedReader(world.sandbox);
	expect(await feed.next('requests')).toMatchObject({ requests: [{}] });
	await world.sandbox.reset();
	expect(await feed.next('requests')).toEqual({ total: 0, oldest: null, newest: null, recent: null, requests: [] });
	feed.close();
});

test('a page that stops reading for a while is not sent ever more, and is up to date as soon as it reads again', async () => {
	const feed = new FeedReader(world.sandbox);
	await feed.next('requests');
	feed.pause();
	const padding = 'x'.repeat(50_000);
	for (let round = 0; round < 15; round++) {
		await Promise.all(Array.from({ length: 40 }, () => world.mesh.call({ path: 'X26ABC1/count', headers: { 'x-padding': padding } })));
	}
	const last = world.sandbox.requests[world.sandbox.requests.length - 1].id;
	feed.resume();
	const event = (await feed.next('requests', ({ requests }: RequestsEvent) =>
		requests.some(({ id, status }) => id === last && status === 200),
	)) as RequestsEvent;
	expect(event.oldest).toBe(world.sandbox.requests[0].id);
	feed.close();
});

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
