import fc from 'fast-check';
import { bufferSource } from '../../nodes/Mesh/client';
import type { MeshClient, MeshError } from '../../nodes/Mesh/client';
import type { CallName, Fault } from '../../sandbox';
import { bytesOf, failureOf, useWorld } from './world';
import type { World } from './world';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.client();
});

interface Call {
	/** As the sandbox knows it. */
	call: CallName;
	chunk?: number;
	/** MESH's own success is empty, or with `null`. */
	emptyIsSuccess?: boolean;
	nullIsSuccess?: boolean;
	repeated?: boolean;
	act(client: MeshClient): Promise<unknown>;
	/** Holds after any failure. */
	untouched?(): void;
}

const send = async (client: MeshClient) =>
	await client.send(
		{ to: 'X26ABC2', workflowId: 'WF', localId: 'local-1', source: bufferSource(Buffer.alloc(300)) },
		{ chunkSize: 100, compression: 'never' },
	);
const nothingDelivered = () => expect(world.sandbox.inbox('X26ABC2')).toEqual([]);

/** Every call of the client. */
const CALLS: Record<string, Call> = {
	'validate the mailbox': { call: 'handshake', emptyIsSuccess: true, nullIsSuccess: true, act: async (client) => await client.handshake() },
	count: { call: 'count', act: async (client) => await client.countMessages() },
	'list the inbox': { call: 'list', act: async (client) => await pagesOf(client) },
	headers: { call: 'head', act: async (client) => await client.getHeaders(await put()) },
	download: { call: 'download', act: async (client) => await bytesOf((await client.download(await put())).body) },
	'a later chunk of a download': {
		call: 'downloadChunk',
		act: async (client) => await bytesOf((await client.download(await put(['one', 'two']))).body),
	},
	acknowledge: {
		call: 'acknowledge',
		emptyIsSuccess: true,
		nullIsSuccess: true,
		act: async (client) => await client.acknowledge(await put()),
		untouched: () => expect(world.sandbox.inbox('X26ABC1')).toHaveLength(1),
	},
	send: { call: 'send', repeated: false, act: send, untouched: nothingDelivered },
	'the second chunk of a send': { call: 'sendChunk', chunk: 2, nullIsSuccess: true, act: send, untouched: nothingDelivered },
	'the last chunk of a send': { call: 'sendChunk', chunk: 3, nullIsSuccess: true, act: send, untouched: nothingDelivered },
	track: {
		call: 'track',
		act: async (client) =>
			await client.track((await client.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(Buffer.from('x')) })).messageId),
	},
	'track by local ID': { call: 'trackLocal', act: async (client) => await client.trackByLocalId('local-1') },
	'look up mailboxes': { call: 'lookup', act: async (client) => await client.lookUpMailboxes('X26', 'WF') },
	'search by workflow': { call: 'search', act: async (client) => await client.searchByWorkflow('WF') },
};

const pagesOf = async (client: MeshClient) => {
	for await (const page of client.listInbox()) return page;
	return undefined;
};
const put = async (content: string | string[] = 'content') =>
	await world.sandbox.putMessage({ to: 'X26ABC1', content: Array.isArray(content) ? content.map((part) => Buffer.from(part)) : content });

const answer = (status: number, body: string, headers: Record<string, string> = {}): Fault => ({
	kind: 'foreignAnswer',
	status,
	headers,
	body,
});
const HTML = '<!doctype html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>';

/** What stands in front of MESH may answer to anything. */
const FOREIGN: Array<[string, Fault]> = [
	['an HTML page', answer(200, HTML, { 'content-type': 'text/html' })],
	['an HTML page that is called JSON', answer(200, HTML, { 'content-type': 'application/vnd.mesh.v2+json' })],
	['an HTML page with 202', answer(202, HTML, { 'content-type': 'text/html' })],
	['an HTML page behind a byte order mark', answer(200, `\uFEFF${HTML}`)],
	[
		'a page that leads elsewhere',
		answer(200, '<meta http-equiv="refresh" content="0; url=https://portal.example/">', { 'content-type': 'text/html' }),
	],
	['plain text', answer(200, 'OK', { 'content-type': 'text/plain' })],
	['JSON of another shape', answer(200, '{"status":"ok"}', { 'content-type': 'application/json' })],
	['an empty object', answer(200, '{}', { 'content-type': 'application/json' })],
	['an object about another message', answer(200, '{"message_id":"ANOTHER","mailboxId":"OTHER"}')],
	['a JSON array', answer(200, '[]', { 'content-type': 'application/json' })],
	['a JSON string', answer(202, '"OK"')],
	['true', answer(200, 'true')],
	['half an object', answer(200, '{"message_id":"A')],
	['nothing', answer(200, '')],
	['nothing, as "no content"', answer(204, '')],
	['nothing, as "reset content"', answer(205, '')],
	['null', answer(200, 'null')],
	['a page of a cache', answer(203, HTML)],
];

describe.each(Object.entries(CALLS))('%s', (name, { call, chunk, emptyIsSuccess, nullIsSuccess, repeated = true, act, untouched }) => {
	// MESH's own success looks like this. And the message that a send makes has any ID.
	const rows = FOREIGN.filter(
		([what]) =>
			!(what === 'nothing' && emptyIsSuccess) &&
			!(what === 'null' && nullIsSuccess) &&
			!(what.startsWith('an object about') && (name === 'send' || name.startsWith('track'))),
	);

	test.each(rows)('does not take %s for a success', async (_what, fault) => {
		world.sandbox.arm({ call, chunk, times: 100, fault });
		const error = await failureOf(act(client));
		expect(error.code).toBe(codeOf(call));
		if (call !== 'send') expect(error.message).toContain('something in front of MESH answered');
		expect(world.calls().filter((made) => made.startsWith(chunk === undefined ? `${call}` : `${call} ${chunk}`))).toHaveLength(
			repeated ? 4 : 1,
		);
		untouched?.();
	});
});

function codeOf(call: CallName): MeshError['code'] {
	if (call === 'send') return 'MESH_SEND_OUTCOME_UNKNOWN';
	return call === 'sendChunk' ? 'MESH_UPLOAD_INTERRUPTED' : 'MESH_PROTOCOL';
}

test('after a page in place of an answer to a chunk the upload goes on', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 2, times: 4, fault: FOREIGN[0][1] });
	const { upload } = await failureOf(send(client));
	expect(upload).toMatchObject({ nextChunk: 2, chunkCount: 3 });
	const sent = await client.send(
		{ to: 'X26ABC2', workflowId: 'WF', localId: 'local-1', source: bufferSource(Buffer.alloc(300)) },
		{ continueFrom: upload },
	);
	expect(world.sandbox.inbox('X26ABC2')).toEqual([sent.messageId]);
});

test.each<[string, CallName, string, (client: MeshClient) => Promise<unknown>]>([
	['the mailbox of the first version', 'handshake', '{"mailboxId":"x26abc1"}', async (client) => await client.handshake()],
	['a byte order mark', 'count', '\uFEFF{"count":3}', async (client) => expect(await client.countMessages()).toBe(3)],
	['an inbox without its links', 'list', '\uFEFF \n{"messages":[]}', async (client) => await pagesOf(client)],
	[
		'the acknowledged message of the first version',
		'acknowledge',
		'{"messageId":"ID1"}',
		async (client) => await client.acknowledge('ID1'),
	],
	[
		'a record without a status',
		'track',
		'{"message_id":"ID1"}',
		async (client) => expect(await client.track('ID1')).toEqual({ messageId: 'ID1' }),
	],
])("MESH's own success with %s is one", async (_what, call, body, act) => {
	// Called a page, as content types are no guide.
	world.sandbox.arm({ call, fault: answer(200, body, { 'content-type': 'text/html' }) });
	await act(client);
	expect(world.calls()).toEqual([call]);
});

test('whatever the body, only nothing, null and what names the message acknowledge it (300 bodies)', async () => {
	const once = world.client('X26ABC1', { retry: { attempts: 1 } });
	const body = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 40 }),
		fc.json({ maxDepth: 2 }),
		fc.constantFrom('', ' \n', 'null', '\uFEFFnull', '{"message_id":"id1"}', '{"message_id":1}', '{"messageID":"ID1"}'),
	);
	await fc.assert(
		fc.asyncProperty(body, async (text) => {
			world.sandbox.arm({ call: 'acknowledge', fault: answer(200, text) });
			const outcome = await once.acknowledge('ID1').then(
				() => 'acknowledged',
				() => 'failed',
			);
			const isMesh = /^\uFEFF?\s*(null)?\s*$/.test(text) || ['{"message_id":"id1"}', '{"messageID":"ID1"}'].includes(text);
			expect([text, outcome]).toEqual([text, isMesh ? 'acknowledged' : 'failed']);
		}),
		{ numRuns: 300 },
	);
});

describe('a refusal', () => {
	const ownRefusal = '{"detail":[{"event":"RECEIVE","code":"20","msg":"Message does not exist"}]}';
	const foreign: Array<[string, string]> = [
		['a page', HTML],
		['nothing', ''],
		['the framework', '{"detail":"Not Found"}'],
		['a gateway in JSON', '{"message":"Not Found"}'],
		['a list', '[]'],
		['plain text', 'not here'],
	];

	test.each(foreign.flatMap(([what, body]) => [404, 410].map((status) => [status, what, body] as const)))(
		'%d with %s is not explained as that of MESH',
		async (status, _what, body) => {
			for (const act of [
				async () => await client.acknowledge('ID1'),
				async () => await client.download('ID1'),
				async () => await client.track('ID1'),
			]) {
				world.sandbox.arm({ fault: answer(status, body) });
				const error = await failureOf(act());
				expect(error).toMatchObject({ code: 'MESH_PROTOCOL', httpStatus: status, temporary: false, messageId: 'ID1' });
				expect(error.message).toContain(`something in front of MESH answered ${status}`);
				expect(error.hint).toMatch(/base URL/);
			}
			expect(world.calls()).toEqual(['acknowledge', 'download 1', 'track']);
		},
	);

	test('403 with a page is not explained as that of MESH, and one without anything only perhaps', async () => {
		world.sandbox.arm({ fault: answer(403, HTML) });
		expect(await failureOf(client.acknowledge('ID1'))).toMatchObject({
			code: 'MESH_PROTOCOL',
			hint: expect.stringMatching(/^The answer is not one of MESH/),
		});
		world.sandbox.arm({ fault: answer(403, '') });
		expect(await failureOf(client.acknowledge('ID1'))).toMatchObject({
			code: 'MESH_STATUS',
			hint: expect.stringMatching(/password.*proxy or a firewall/),
		});
	});

	test('of MESH is', async () => {
		world.sandbox.arm({ times: 2, fault: answer(404, ownRefusal) });
		expect(await failureOf(client.acknowledge('ID1'))).toMatchObject({
			code: 'MESH_STATUS',
			meshCode: '20',
			message: expect.stringContaining('MESH answered 404 (RECEIVE 20'),
		});
	});

	test('404 to the handshake means the base URL, whoever says it', async () => {
		for (const body of [HTML, '', ownRefusal.replace('20', '')]) {
			world.sandbox.arm({ call: 'handshake', fault: answer(404, body) });
			expect(await failureOf(client.handshake())).toMatchObject({ httpStatus: 404, hint: expect.stringMatching(/base URL/) });
		}
	});

	test('408 is repeated where that is safe', async () => {
		world.sandbox.arm({ fault: answer(408, '') });
		expect(await client.countMessages()).toBe(0);
		world.sandbox.arm({ call: 'send', fault: answer(408, '') });
		expect(await failureOf(send(client))).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(world.calls().filter((call) => !call.startsWith('track'))).toEqual(['count', 'count', 'send 1']);
	});
});

test.each(['track', 'trackLocal'] as const)('the record of another message is none of this one (%s)', async (call) => {
	world.sandbox.arm({ call, times: 100, fault: answer(200, '{"message_id":"ANOTHER","local_id":"another","status":"accepted"}') });
	expect(await failureOf(call === 'track' ? client.track('ID1') : client.trackByLocalId('local-1'))).toMatchObject({
		code: 'MESH_INTEGRITY',
		message: expect.stringContaining('another message'),
	});
});

describe('no record under a local ID', () => {
	const none = '{"detail":[{"event":"","code":"","msg":"Not Found"}]}';

	test('is what MESH says', async () => {
		world.sandbox.arm({ call: 'trackLocal', fault: answer(404, none) });
		expect(await client.trackByLocalId('a/b')).toEqual({ outcome: 'none' });
	});

	test.each([
		'{"detail":"Not Found"}',
		'',
		HTML,
		'{}',
		'[]',
		'{"detail":[]}',
		'{"message":"Not Found"}',
		'{"detail":[{"event":"","code":"","msg":"No route"}]}',
		'{"detail":[{"loc":["path"],"msg":"field required"}]}',
		'null',
	])('is not what a 404 with %p says', async (body) => {
		world.sandbox.arm({ call: 'trackLocal', times: 100, fault: answer(404, body) });
		expect(await failureOf(client.trackByLocalId('a/b'))).toMatchObject({ code: 'MESH_PROTOCOL', httpStatus: 404 });
	});

	test('is no leave to send again where the address does not exist', async () => {
		world.sandbox.behaviour.encodedSlash = 'separator';
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		const message = { to: 'X26ABC2', workflowId: 'WF', localId: 'A81001/7', source: bufferSource(Buffer.from('x')) };
		expect(await failureOf(client.send(message, { sendAgainWhenNoRecord: true }))).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			message: expect.stringContaining('could not be asked'),
		});
		expect(world.sandbox.inbox('X26ABC2')).toHaveLength(1);
	});
});

test('a patient in a local ID is named neither in the error nor in the log', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
	const error = await failureOf(
		client.send({ to: 'X26ABC2', workflowId: 'WF', localId: 'for 943 476 5919', source: bufferSource(Buffer.from('x')) }),
	);
	expect(error.code).toBe('MESH_SEND_OUTCOME_UNKNOWN');
	expect(`${error.message} ${error.hint} ${error.localId} ${world.log.join()}`).not.toMatch(/943 476/);
	world.sandbox.arm({ call: 'trackLocal', fault: answer(403, '') });
	expect((await failureOf(client.trackByLocalId('for 943 476 5919'))).localId).toBe('for [hidden]');
});
