import { bufferSource, MeshClient } from '../../nodes/Mesh/client';
import { createCertificates } from '../../sandbox';
import { bytesOf, failureOf } from '../client/world';
import { CANARIES, everythingIn, songsIn } from './support/canaries';
import { startEchoServer } from './support/echoServer';
import type { EchoServer } from './support/echoServer';

/** What a server says in answers that are no errors, and of which parts reach the output of a node. */
const SAID = `no practice for ${CANARIES.patient}`;
const secretsSaid = `refused ${CANARIES.password} signed with ${CANARIES.sharedKey}`;

let server: EchoServer;
let client: MeshClient;
beforeAll(async () => {
	const certificates = await createCertificates();
	server = await startEchoServer(certificates);
	client = new MeshClient({
		baseUrl: server.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: CANARIES.password,
		sharedKey: CANARIES.sharedKey,
		tls: {
			clientCertificate: certificates.client.certificate,
			privateKey: certificates.client.privateKey,
			caCertificates: certificates.ca,
		},
		retry: { attempts: 1, settleDelaysMs: [0] },
		runtime: { sleep: async () => {} },
	});
});
afterAll(async () => {
	await client.close();
	await server.close();
});

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
		await failureOf(client.send({ to, workflowId: 'W', source: bufferSource(Buffer.alloc(30, 'x')) }, { compression: 'never', chunkSize }));

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
