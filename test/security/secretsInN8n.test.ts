import type { ICredentialsDecrypted, ICredentialTestFunctions, IDataObject } from 'n8n-workflow';
import { meshApiConnectionTest } from '../../nodes/Mesh/methods';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';
import { startWorld } from '../actions/world';
import type { World } from '../actions/world';
import { sandboxCredential } from '../engine';
import { startTriggerWorld } from '../trigger/host';
import type { TriggerWorld } from '../trigger/host';
import { CANARIES, everythingIn, songsIn } from './support/canaries';
import { startEchoServer } from './support/echoServer';
import type { EchoServer } from './support/echoServer';
import { ECHOES } from './support/echoes';
import { record, storedOf } from './support/recording';
import type { Recording } from './support/recording';

const { password, sharedKey, passphrase, patient, content } = CANARIES;
const mailboxes = ['X26ABC1', 'X26ABC2', 'X26ABC3'].map((mailboxId) => ({ mailboxId, odsCode: 'X26', password }));

let world: World;
let trigger: TriggerWorld;
let server: EchoServer;
let recording: Recording;
let keys: string[];
beforeAll(async () => {
	// First: a client keeps the logger that it was made with.
	recording = record();
	world = await startWorld({ sharedKey, mailboxes });
	trigger = await startTriggerWorld({ sharedKey, mailboxes });
	const { certificates } = world.sandbox;
	server = await startEchoServer(certificates);
	keys = [certificates.client.privateKey, certificates.client.certificate, certificates.strangerClient.privateKey];
	for (const credential of Object.values(world.credentials))
		Object.assign(credential, { mailboxPassword: password, sharedKey, passphrase });
	world.credentials.echo = { ...world.credentials.meshApi, baseUrl: server.url };
});
afterAll(async () => {
	await trigger.close();
	await world.close();
	await server.close();
	recording.stop();
});
afterEach(async () => {
	await world.sandbox.reset();
	await trigger.sandbox.reset();
});

const noSongs = (...texts: string[]) => expect(songsIn([...texts, recording.text()].join('\n'), keys)).toEqual([]);

const send = { resource: 'message', operation: 'send', to: patient, workflowId: 'W', contentFrom: 'text', text: content, options: {} };
const download = { resource: 'message', operation: 'download', messageId: 'GONE', options: {} };
const count = { resource: 'mailbox', operation: 'count' };
const OPERATIONS: IDataObject[] = [
	send,
	download,
	count,
	{ resource: 'mailbox', operation: 'validate' },
	{ resource: 'mailbox', operation: 'checkConnection', options: {} },
	{ resource: 'message', operation: 'getMany', returnAll: true },
	{ resource: 'message', operation: 'getHeaders', messageId: 'ID1' },
	{ resource: 'message', operation: 'acknowledge', messageId: 'ID1' },
	{ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'W' },
	{ resource: 'directory', operation: 'search', workflowId: 'W' },
];

/** Answers that no call repeats after a pause, for those would make this file slow; the client's own test has them all. */
const AT_ONCE = ECHOES.filter(({ name }) => !/SOAP|title|plain text|success|no HTTP|lost|encoding|tracking|another message/.test(name));

test.each(AT_ONCE)('no operation lets n8n store, show or log what a server gives back $name', async ({ answer }) => {
	server.answer = answer;
	for (const parameters of OPERATIONS) {
		for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
			const stored = storedOf(await world.run(parameters, { node: { onError, credential: 'echo' } }));
			expect(stored).toMatch(/"error"|problem/);
			noSongs(stored);
		}
	}
});

const of = (changes: Partial<MeshApiCredentials>) => ({ ...world.credentials.meshApi, ...changes });
const stranger = () => world.sandbox.certificates.strangerClient.privateKey;

/** Credentials that are refused, all of them with secrets in unlucky places. */
const CREDENTIALS: Array<[string, () => Partial<MeshApiCredentials>]> = [
	['a wrong password', () => of({ mailboxPassword: `${password}wrong` })],
	['a wrong shared key', () => of({ sharedKey: `${sharedKey}wrong` })],
	['a password with a line break', () => of({ mailboxPassword: `${password}\nx` })],
	['a password in the field of the mailbox', () => of({ mailboxId: password })],
	['a password in the base URL', () => of({ baseUrl: 'https://canary:canary@localhost' })],
	['a password in the path of the base URL', () => of({ baseUrl: 'https://localhost/canary' })],
	['a base URL that is a secret', () => of({ baseUrl: password })],
	['an unknown environment', () => of({ environment: 'canary' as MeshApiCredentials['environment'] })],
	['a key that is none', () => of({ privateKey: 'canary' })],
	['a key cut off', () => of({ privateKey: `-----BEGIN PRIVATE KEY-----\n${stranger().slice(30, 120)}` })],
	[
		'a damaged key',
		() => of({ privateKey: `-----BEGIN PRIVATE KEY-----\ncanary!${stranger().slice(40, 100)}\n-----END PRIVATE KEY-----` }),
	],
	['a key of another certificate', () => of({ privateKey: stranger() })],
	['a key in the field of the certificate', () => of({ clientCertificate: stranger() })],
	['a key in the field of the authorities', () => of({ caCertificates: stranger() })],
	[
		'a wrong passphrase of PKCS#12',
		() => of({ certificateType: 'pkcs12', pkcs12: world.sandbox.certificates.clientPkcs12.toString('base64'), passphrase }),
	],
	['a PKCS#12 file that is none', () => of({ certificateType: 'pkcs12', pkcs12: password, passphrase })],
	['a refused certificate', () => of({ clientCertificate: world.sandbox.certificates.strangerClient.certificate, privateKey: stranger() })],
	['a host that nobody answers on', () => of({ baseUrl: 'https://127.0.0.1:1' })],
];

test.each(CREDENTIALS)('%s is in no answer of the Test button, no error, no log', async (_what, make) => {
	const data = make();
	const answer = await meshApiConnectionTest.call(
		{} as ICredentialTestFunctions,
		{ id: '1', name: 'MESH', type: 'meshApi', data } as unknown as ICredentialsDecrypted,
	);
	expect(answer.status).toBe('Error');
	noSongs(everythingIn(answer));
	world.credentials.refused = data as World['credentials'][string];
	for (const parameters of [{ ...count, operation: 'checkConnection', options: {} }, ...(/nobody/.test(_what) ? [] : [count])]) {
		noSongs(storedOf(await world.run(parameters, { node: { onError: 'continueRegularOutput', credential: 'refused' } })));
	}
});

test.each(ECHOES)('the Test button never shows what a server gives back $name', async ({ answer }) => {
	server.answer = answer;
	const data = world.credentials.echo;
	noSongs(
		everythingIn(
			await meshApiConnectionTest.call(
				{} as ICredentialTestFunctions,
				{ id: '1', name: 'MESH', type: 'meshApi', data } as unknown as ICredentialsDecrypted,
			),
		),
	);
});

const put = async (more: object = {}) => await world.sandbox.putMessage({ to: 'X26ABC1', content: `{"${content}`, ...more });
const REFUSED: Array<[string, () => Promise<IDataObject> | IDataObject]> = [
	['content that is no JSON', async () => ({ ...download, outputAs: 'json', messageId: await put() })],
	[
		'content that is no text',
		async () => ({
			...download,
			outputAs: 'text',
			messageId: await put({
				content: Buffer.concat([Buffer.from(content), Buffer.from([0xff, 0xfe, 0xfd])]),
				contentType: 'text/plain; charset=utf-8',
			}),
		}),
	],
	[
		'content that does not match its checksum',
		async () => ({ ...download, outputAs: 'binary', binaryPropertyName: 'data', messageId: await put({ checksum: 'a'.repeat(64) }) }),
	],
	[
		'content beyond the limit',
		async () => ({ ...download, outputAs: 'text', messageId: await put({ content: content.repeat(90) }), options: { maximumSize: 0.001 } }),
	],
	['content that was to be JSON when sent', () => ({ ...send, contentFrom: 'json', json: `{"a": ${content}` })],
	['a patient address with a line break', () => ({ ...send, to: `${patient}\nx` })],
	['a patient address that is too long', () => ({ ...send, to: patient.padEnd(200, 'x') })],
	['a patient address with a letter that cannot be sent', () => ({ ...send, to: `${patient}é` })],
	['a patient address for which nobody is registered', () => send],
];

test.each(REFUSED)('%s is not in the error about it', async (_what, make) => {
	const parameters = await make();
	for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
		const stored = storedOf(await world.run(parameters, { node: { onError } }));
		expect(stored).toMatch(/"error"/);
		noSongs(stored);
	}
});

test('the trigger leaves nothing in static data, errors and logs, whatever a server gives back to its polls', async () => {
	const credentials = {
		meshApi: sandboxCredential(trigger.sandbox, 'X26ABC1', {
			baseUrl: server.url,
			mailboxPassword: password,
			sharedKey,
			passphrase,
			clientCertificate: world.sandbox.certificates.client.certificate,
		}),
	};
	for (const { answer } of AT_ONCE) {
		server.answer = (_seen, response) => response.end('{"messages":[]}');
		const host = trigger.host({ credentials });
		await host.activate();
		server.answer = answer;
		for (let poll = 0; poll < 2; poll++) {
			const failure = await host.poll().catch((error: unknown) => error as Error);
			await host.settled();
			noSongs(JSON.stringify(host.saved), ...host.raised.map(storedOf), ...(failure ? [storedOf(failure)] : []));
		}
		const refused = await trigger
			.host({ credentials })
			.activate()
			.catch((error: unknown) => error as Error);
		noSongs(refused ? storedOf(refused) : '');
		trigger.restart();
	}
});

test('the trigger keeps content out of static data, logs and the report of a parked message', async () => {
	const host = trigger.host({
		credentials: { meshApi: sandboxCredential(trigger.sandbox, 'X26ABC1', { mailboxPassword: password, sharedKey }) },
		parameters: { acknowledge: 'whenWorkflowSucceeds', outputAs: 'json', options: { deliveryAttempts: 1 } },
	});
	await trigger.sandbox.putMessage({ to: 'X26ABC1', content: `{"${content}`, subject: 'a subject', fileName: 'canary.txt' });
	await host.activate();
	for (let poll = 0; poll < 2; poll++) {
		await host.settled();
		await host.poll();
	}
	expect(host.handedOver.length).toBeGreaterThan(0);
	expect(host.raised.length).toBeGreaterThan(0);
	noSongs(JSON.stringify(host.saved), ...host.raised.map(storedOf));
	expect(recording.logged()).toBeGreaterThan(0);
});

test('an error holds the node with its expressions, and not what they gave: neither patient nor content', async () => {
	server.answer = (_seen, response) => response.writeHead(417).end(JSON.stringify({ detail: 'no' }));
	const gp = {
		...send,
		to: undefined,
		sendTo: 'gpPractice',
		dateFormat: 'YYYYMMDD',
		nhsNumber: '={{ $json.number }}',
		dateOfBirth: '={{ $json.born }}',
		surname: '={{ $json.surname }}',
		text: '={{ $json.content }}',
	};
	const parameterSets = [
		{ ...send, to: '={{ $json.address }}', text: '={{ $json.content }}' },
		gp,
		{ ...send, to: '={{ $json.address.nothing.further }}', text: '={{ $json.content }}' },
	];
	for (const parameters of parameterSets) {
		const run = await world.run(parameters, {
			node: { credential: 'echo' },
			items: [{ json: { address: patient, content, number: '9434765919', born: '1955-01-09', surname: "O'Canary" } }],
		});
		expect(run.data.resultData.error).toBeDefined();
		// The node included, which n8n stores with the error and hands to error workflows.
		noSongs(everythingIn(run.data.resultData.error));
	}
});

test('a whole transfer that succeeds leaves no secret in what is stored and logged either', async () => {
	const sent = await world.run({ ...send, to: 'X26ABC1', options: { localId: 'mine' } });
	const [messageId] = world.sandbox.inbox('X26ABC1');
	const got = await world.run({ ...download, messageId, outputAs: 'binary', binaryPropertyName: 'data', options: { acknowledge: true } });
	expect([sent.status, got.status]).toEqual(['success', 'success']);
	expect(recording.logged()).toBeGreaterThan(0);
	noSongs(storedOf(sent), storedOf(got));
});
