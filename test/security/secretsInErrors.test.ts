import type { INode } from 'n8n-workflow';
import { MeshClient, bufferSource } from '../../nodes/Mesh/client';
import { exchange } from '../../nodes/Mesh/client/exchange';
import type { MeshConnection } from '../../nodes/Mesh/client/exchange';
import { errorFacts, explainConnectionFailure, toNodeError } from '../../nodes/Mesh/transport/nodeErrors';
import { createCertificates } from '../../sandbox';
import type { CertificateSet } from '../../sandbox';
import { bytesOf, failureOf } from '../client/world';
import { CANARIES, everythingIn, songsIn } from './support/canaries';
import { startEchoServer } from './support/echoServer';
import type { EchoServer } from './support/echoServer';
import { ECHOES } from './support/echoes';

const node: INode = { id: '1', name: 'MESH', type: 'x', typeVersion: 1, position: [0, 0], parameters: {} };
const log: string[] = [];
const warnings: string[] = [];
const onWarning = (warning: Error) => void warnings.push(everythingIn(warning));

let certificates: CertificateSet;
let server: EchoServer;
let client: MeshClient;
beforeAll(async () => {
	process.on('warning', onWarning);
	certificates = await createCertificates();
	server = await startEchoServer(certificates);
	const record = (message: string, details?: unknown) => void log.push(`${message} ${everythingIn(details)}`);
	client = new MeshClient({
		baseUrl: server.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: CANARIES.password,
		sharedKey: CANARIES.sharedKey,
		tls: {
			clientCertificate: certificates.client.certificate,
			privateKey: certificates.client.privateKey,
			passphrase: CANARIES.passphrase,
			caCertificates: certificates.ca,
		},
		timeouts: { connectMs: 5_000, responseMs: 5_000, stallMs: 5_000 },
		retry: { attempts: 2 },
		runtime: { sleep: async () => {} },
		logger: { debug: record, info: record, warn: record },
	});
});
afterAll(async () => {
	await client.close();
	await server.close();
	process.off('warning', onWarning);
});

const { patient: to, content } = CANARIES;
const source = bufferSource(Buffer.from(content));
const CALLS: Record<string, () => Promise<unknown>> = {
	handshake: async () => await client.handshake(),
	count: async () => await client.countMessages(),
	list: async () => {
		for await (const page of client.listInbox()) if (page.messageIds.length > 1e6) return;
	},
	headers: async () => await client.getHeaders('ID1'),
	download: async () => await bytesOf((await client.download('ID1')).body),
	acknowledge: async () => await client.acknowledge('ID1'),
	track: async () => await client.track('ID1'),
	'track by local ID': async () => await client.trackByLocalId('mine'),
	send: async () => await client.send({ to, workflowId: 'W', source }, { compression: 'never' }),
	'send in chunks': async () => await client.send({ to, workflowId: 'W', source }, { compression: 'never', chunkSize: 10 }),
	'look up': async () => await client.lookUpMailboxes('X26', 'W'),
	search: async () => await client.searchByWorkflow('W'),
};

/** Everything that can be made of an error: n8n's error with what it stores, the facts of the error output, the Test button. */
function madeOf(error: unknown): string {
	return [error, toNodeError(node, error, 0), toNodeError(node, error), errorFacts(error), explainConnectionFailure(error)]
		.map(everythingIn)
		.join('\n');
}

test.each(ECHOES)('what a server gives back $name is in no error, log or warning, whatever the call', async ({ answer }) => {
	server.answer = answer;
	const found: Record<string, string[]> = {};
	let failed = 0;
	for (const [name, call] of Object.entries(CALLS)) {
		const error = await call().then(
			() => undefined,
			(reason: unknown) => reason,
		);
		if (error === undefined) continue;
		failed++;
		const songs = songsIn(madeOf(error), [certificates.client.privateKey]);
		if (songs.length > 0) found[name] = songs;
	}
	expect(found).toEqual({});
	expect(failed).toBeGreaterThan(0);
	expect(songsIn([...log, ...warnings].join('\n'), [certificates.client.privateKey])).toEqual([]);
});

test('the Test button says of an error that nobody expected what kind it is, and nothing else', () => {
	const error = Object.assign(new TypeError(CANARIES.password), {
		options: { authorization: 'NHSMESH X26:1' },
		cause: new Error(CANARIES.sharedKey),
	});
	expect(songsIn(explainConnectionFailure(error))).toEqual([]);
	expect(explainConnectionFailure(error)).toMatch(/TypeError/);
});

test('what the source of the content says when it breaks is in no error', async () => {
	const broken = {
		size: 20,
		async *read(): AsyncGenerator<Buffer> {
			yield Buffer.alloc(5);
			throw Object.assign(new Error(CANARIES.content), { path: CANARIES.password });
		},
	};
	const error = await client.send({ to, workflowId: 'W', source: broken }, { compression: 'never' }).catch((reason: unknown) => reason);
	expect(songsIn(madeOf(error))).toEqual([]);
	const unexpected = await exchange(
		{
			settings: { retry: { attempts: 1 } },
			runtime: { now: Date.now, uuid: () => '1' },
			logger: {},
			transport: { request: async () => await Promise.reject(new TypeError(CANARIES.password)) },
		} as unknown as MeshConnection,
		{ call: 'ask', method: 'GET', path: '/', repeat: 'read', success: { form: 'nothing', id: '1', read: () => undefined } },
	).catch((reason: unknown) => reason);
	expect(unexpected).toMatchObject({ code: 'MESH_PROTOCOL' });
	expect(songsIn(madeOf(unexpected))).toEqual([]);
});

test('a message that is sent again after a pause is logged without its recipient', async () => {
	server.answer = (_seen, response) => response.writeHead(503).end();
	const before = log.length;
	await client.send({ to, workflowId: 'W', source }, { compression: 'never' }).catch(() => undefined);
	expect(log.slice(before).join()).toMatch(/trying again/);
	expect(songsIn(log.slice(before).join())).toEqual([]);
});

test('the log at its most talkative held something to look through, and the requests held the secrets', () => {
	expect(log.length).toBeGreaterThan(50);
	expect(server.seen.some(({ headers }) => headers['mex-to'] === to)).toBe(true);
	expect(server.seen.every(({ headers }) => songsIn(`${String(headers.authorization)}`).length > 0)).toBe(true);
});

describe('in answers that are no errors', () => {
	/** What a server says in answers that are no errors, and of which parts reach the output of a node. */
	const SAID = `no practice for ${CANARIES.patient}`;
	const secretsSaid = `refused ${CANARIES.password} signed with ${CANARIES.sharedKey}`;

	test.each([SAID, secretsSaid, `${CANARIES.sharedKey} 943 476 5919`])(
		'what a report says of its failure is without patient and secrets: %#',
		async (said) => {
			server.answer = (_seen, response) =>
				response
					.writeHead(200, {
						'mex-messageid': 'ID1',
						'mex-messagetype': 'REPORT',
						'mex-statusdescription': said,
						'mex-statusevent': said,
						'mex-statuscode': said,
						'mex-linkedmsgid': 'ID0',
					})
					.end();
			const message = await client.download('ID1');
			await bytesOf(message.body);
			for (const headers of [message.headers, await client.getHeaders('ID1')]) {
				expect(headers).toMatchObject({
					messageType: 'REPORT',
					linkedMessageId: 'ID0',
					statusDescription: expect.stringContaining('[hidden]'),
				});
				expect(songsIn(everythingIn(headers))).toEqual([]);
			}
		},
	);

	test.each([SAID, secretsSaid])(
		'what tracking says of a failure, and the names of its recipient, are without patient and secrets: %#',
		async (said) => {
			server.answer = (_seen, response) =>
				response.end(
					JSON.stringify({
						message_id: 'ID1',
						status: 'error',
						status_description: said,
						status_event: said,
						status_code: said,
						recipient_name: said,
						recipient_org_name: said,
					}),
				);
			for (const record of [await client.track('ID1'), await client.trackByLocalId('mine')]) {
				expect(everythingIn(record)).toContain('[hidden]');
				expect(songsIn(everythingIn(record))).toEqual([]);
			}
		},
	);

	test('names in the directory are one line without secrets, and what is no mailbox ID is refused', async () => {
		server.answer = (_seen, response) =>
			response.end(JSON.stringify({ results: [{ mailbox_id: 'X26HC005', mailbox_name: `One\r\nTwo\u0000 ${secretsSaid}` }] }));
		const [entry] = await client.lookUpMailboxes('X26', 'W');
		expect(entry.mailboxName).toMatch(/^One Two refused \[hidden\]/);
		expect(songsIn(everythingIn(entry))).toEqual([]);
		for (const bad of ['', 'X26 HC005', 'X\r\n', '..', 'x'.repeat(201), 5, null]) {
			server.answer = (_seen, response) => response.end(JSON.stringify({ results: [{ mailbox_id: bad, mailbox_name: 'x' }] }));
			expect(await failureOf(client.searchByWorkflow('W'))).toMatchObject({ code: 'MESH_PROTOCOL' });
		}
	});

	describe("what MESH says of a message to a patient's practice names the patient nowhere", () => {
		const to = 'GPPROVIDER_9434765919_19550109_de Canary-Smith';
		const said = 'De Canary-Smith, born 19550109, is not registered (9434765919; surname de%20Canary-Smith)';
		const send = async (chunkSize?: number) =>
			await failureOf(
				client.send({ to, workflowId: 'W', source: bufferSource(Buffer.alloc(30, 'x')) }, { compression: 'never', chunkSize }),
			);

		test('when it is refused', async () => {
			server.answer = (_seen, response) =>
				response.writeHead(417).end(JSON.stringify({ detail: [{ event: 'SEND', code: 'EPL-154', msg: said }] }));
			const error = await send();
			expect(error).toMatchObject({
				meshCode: 'EPL-154',
				meshText: '[hidden], born [hidden], is not registered ([hidden]; surname [hidden])',
			});
			expect(songsIn(everythingIn(error))).toEqual([]);
		});

		test('when a later chunk is refused', async () => {
			server.answer = ({ path }, response) =>
				path.endsWith('/outbox')
					? response.writeHead(202).end('{"message_id":"ID1"}')
					: response.writeHead(417).end(JSON.stringify({ detail: said }));
			expect(songsIn(everythingIn(await send(10)))).toEqual([]);
		});

		test('when tracking tells that it failed', async () => {
			server.answer = ({ method }, response) =>
				method === 'POST'
					? void response.destroy()
					: response.end(
							JSON.stringify({
								message_id: 'ID2',
								status: 'error',
								upload_timestamp: new Date().toISOString(),
								workflow_id: 'W',
								status_description: said,
								status_code: 'EPL-154',
							}),
						);
			const error = await send();
			expect(error.message).toMatch(/\[hidden\], born \[hidden\]/);
			expect(songsIn(everythingIn(error))).toEqual([]);
		});
	});
});
