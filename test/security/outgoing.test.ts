import fc from 'fast-check';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bufferSource, isMeshError, MeshClient } from '../../nodes/Mesh/client';
import type { OutgoingMessage } from '../../nodes/Mesh/client';
import { SEND_HEADERS } from '../../nodes/Mesh/client/send/headers';
import { cases } from '../support/cases';

let server: Server;
let client: MeshClient;
let messages = 0;
const seen: Array<{ path: string; headers: IncomingHttpHeaders; raw: string[] }> = [];

beforeAll(async () => {
	server = createServer((request, response) => {
		seen.push({ path: request.url ?? '', headers: request.headers, raw: request.rawHeaders });
		request.resume().on('end', () => response.writeHead(202).end(`{"message_id":"ID${++messages}","results":[],"status":"accepted"}`));
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	client = new MeshClient({
		baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {},
		retry: { attempts: 1 },
	});
});
afterAll(async () => {
	await client.close();
	await new Promise((closed) => server.close(closed));
});

/** Texts as attackers and accidents make them. */
const evil = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.string({ maxLength: 600 }),
	fc
		.tuple(
			fc.string({ maxLength: 20 }),
			fc.constantFrom(
				'\r\n',
				'\n',
				'\r',
				'\u0000',
				'\t',
				'\u0085',
				'\u2028',
				'é',
				'嘊',
				'\r\nmex-to: X26ABC9',
				'\r\n\r\nPOST / HTTP/1.1\r\n',
				'http://',
				'https://evil.example',
				'../',
				'?a=b',
				'#',
				'%0d%0a',
				'%2e%2e%2f',
				'//',
			),
			fc.string({ maxLength: 20 }),
		)
		.map((parts) => parts.join('')),
	fc.base64String({ maxLength: 60 }),
	fc.constantFrom('', ' ', '..', '.', 'x'.repeat(101), 'x'.repeat(301), 'x'.repeat(501), '"', "'", '\\'),
);

test('a header value is sent exactly as it was given, or refused by its parameter before anything is sent', async () => {
	let sent = 0;
	let refused = 0;
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...SEND_HEADERS), evil, async ({ parameter, header, maxLength }, value) => {
			seen.length = 0;
			const message: OutgoingMessage = {
				to: 'X26ABC2',
				workflowId: 'W',
				localId: 'mine',
				source: bufferSource(Buffer.from('x')),
				[parameter]: value,
			};
			const error = await client.send(message, { compression: 'never' }).then(
				() => undefined,
				(reason: unknown) => reason,
			);
			if (error !== undefined) {
				refused++;
				expect(isMeshError(error) && error.code === 'MESH_INVALID_INPUT' && error.parameter === parameter).toBe(true);
				expect(seen).toEqual([]);
				return;
			}
			sent++;
			expect(seen).toHaveLength(1);
			const { path, headers, raw } = seen[0];
			expect(path).toBe('/messageexchange/X26ABC1/outbox');
			const trimmed = value.trim();
			if (trimmed !== '') expect(headers[header]).toBe(trimmed);
			expect(trimmed.length).toBeLessThanOrEqual(maxLength);
			expect(raw.filter((name, at) => at % 2 === 0 && /^mex-to$/i.test(name))).toHaveLength(1);
		}),
		{ numRuns: cases(1_000) },
	);
	expect(Math.min(sent, refused)).toBeGreaterThan(cases(100));
});

test('a part of a path or a query arrives as it was given and in its place, or is refused before anything is sent', async () => {
	const decoded = (path: string) => path.split('?')[0].split('/').map(decodeURIComponent);
	const calls: Array<
		[prefix: string[], call: (value: string) => Promise<unknown>, read: (path: string) => string | null | undefined, parts: number]
	> = [
		[['', 'messageexchange', 'X26ABC1', 'inbox'], async (id) => await client.acknowledge(id), (path) => decoded(path)[4], 7],
		[
			['', 'messageexchange', 'X26ABC1', 'outbox', 'tracking'],
			async (id) => await client.track(id),
			(path) => new URLSearchParams(path.split('?')[1]).get('messageID'),
			5,
		],
		[
			['', 'messageexchange', 'X26ABC1', 'outbox', 'tracking'],
			async (id) => await client.trackByLocalId(id),
			(path) => decoded(path)[5],
			6,
		],
		[
			['', 'messageexchange', 'endpointlookup', 'X26'],
			async (workflow) => await client.lookUpMailboxes('X26', workflow),
			(path) => decoded(path)[4],
			5,
		],
		[['', 'messageexchange', 'workflowsearch'], async (workflow) => await client.searchByWorkflow(workflow), (path) => decoded(path)[3], 4],
	];
	let sent = 0;
	let refused = 0;
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...calls), evil, async ([prefix, call, read, parts], value) => {
			seen.length = 0;
			const error = await call(value).then(
				() => undefined,
				(reason: unknown) => reason,
			);
			if (isMeshError(error) && error.code === 'MESH_INVALID_INPUT') {
				refused++;
				expect(seen).toEqual([]);
				return;
			}
			sent++;
			expect(seen).toHaveLength(1);
			const { path } = seen[0];
			expect(path).toMatch(/^\/[\w~!.'()*%/-]*(\?[\w%.~=&-]*)?$/);
			expect(decoded(path).slice(0, prefix.length)).toEqual(prefix);
			expect(path.split('?')[0].split('/')).toHaveLength(parts);
			expect(read(path)).toBe(value.trim());
		}),
		{ numRuns: cases(1_000) },
	);
	expect(Math.min(sent, refused)).toBeGreaterThan(cases(100));
});

test('halves of characters and texts of 10,000 characters are refused with the parameter and the limit, before anything is sent', async () => {
	const CALLS: Array<[string, RegExp, (value: string) => Promise<unknown>]> = [
		['messageId', /200/, async (value) => await client.acknowledge(value)],
		['messageId', /200/, async (value) => await client.track(value)],
		['localId', /300|U\+D800/, async (value) => await client.trackByLocalId(value)],
		['workflowId', /300/, async (value) => await client.searchByWorkflow(value)],
		['odsCode', /300/, async (value) => await client.lookUpMailboxes(value, 'W')],
		[
			'workflowFilterText',
			/255|ASCII/,
			async (value) => await client.listInbox({ workflowFilter: { mode: 'equals', text: value } }).next(),
		],
	];
	seen.length = 0;
	for (const [parameter, limit, call] of CALLS) {
		for (const value of ['a\ud800b', '\udc00', 'x'.repeat(10_000)]) {
			const error = await call(value).then(
				() => undefined,
				(reason: unknown) => reason,
			);
			expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
			if (value.length > 9_000) expect(isMeshError(error) && `${error.message} ${error.hint}`).toMatch(limit);
		}
	}
	expect(seen).toEqual([]);
});

test('the name that the client gives itself cannot break a header', async () => {
	seen.length = 0;
	const { port } = server.address() as AddressInfo;
	const named = new MeshClient({
		baseUrl: `http://127.0.0.1:${port}`,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {},
		clientVersion: 'a\r\nmex-to: x\u0000é b',
	});
	await named.countMessages().catch(() => undefined); // the stand-in answers as to a send
	await named.close();
	expect(seen[0].headers['user-agent']).toBe('amex-to:xb');
});

test('a SHA-512 digest is refused by its length, since a header of MESH takes 100 characters and it has 128', async () => {
	seen.length = 0;
	for (const [digest, fits] of [
		['a'.repeat(32), true],
		[`sha256:${'a'.repeat(64)}`, true],
		['a'.repeat(128), false],
		[`sha512:${'a'.repeat(128)}`, false],
		[`${'A'.repeat(43)}=`, false],
	] as const) {
		const error = await client.send({ to: 'X26ABC2', workflowId: 'W', checksum: digest, source: bufferSource(Buffer.from('x')) }).then(
			() => undefined,
			(reason: unknown) => reason,
		);
		if (fits) expect(error).toBeUndefined();
		else expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'checksum', message: expect.stringMatching(/100|letters/) });
	}
	expect(seen).toHaveLength(2);
});
