import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RecordedRequest, Sandbox } from '../../sandbox';
import { CATALOGUE, REPORT_TEXTS, SERVER_FAILURES } from '../../sandbox/errors/catalogue';
import type { Refusal } from '../../sandbox/errors/catalogue';
import { sandboxForTests, token, withSandbox } from './support/caller';
import type { Call, Caller } from './support/caller';

/** A request that provokes each refusal of the catalogue. */
type Provocation = (mesh: Caller, sandbox: Sandbox) => Promise<Call> | Call;

const SEND = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' };
const send = (headers: Record<string, string>, body = 'x'): Call => ({
	method: 'POST',
	path: 'X26ABC1/outbox',
	headers: { ...SEND, ...headers },
	body,
});
const count: Call = { path: 'X26ABC1/count' };
const signed = (sandbox: Sandbox, options: Parameters<typeof token>[2]) => ({
	...count,
	headers: { authorization: token('X26ABC1', sandbox.clock.now(), options) },
});
const half = async (mesh: Caller, headers: Record<string, string> = {}) =>
	mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2', ...headers });
const chunk = (id: string, number: number, range: string, headers: Record<string, string> = {}): Call => ({
	method: 'POST',
	path: `X26ABC1/outbox/${id}/${number}`,
	headers: { 'mex-chunk-range': range, ...headers },
	body: 'b',
});

function checkedSend(sandbox: Sandbox, headers: Record<string, string>): Call {
	sandbox.behaviour.controlHeaders = 'checked';
	return send(headers);
}

const PROVOCATIONS: Record<Refusal, Provocation> = {
	multipleChoices: async (mesh) => {
		for (let i = 0; i < 2; i++) await mesh.send('X26ABC1', 'X26ABC2', 'x', { 'mex-localid': 'L' });
		return { path: 'X26ABC1/outbox/tracking/L' };
	},
	acceptHeader: () => ({ ...count, headers: { accept: 'application/vnd.mesh.v2' } }),
	recipientMissing: () => send({ 'mex-to': '' }),
	malformedControlFile: () => send({ 'mex-to': 'http://x' }),
	invalidChecksum: (_mesh, sandbox) => {
		sandbox.behaviour.checksumCharacters = 'limited';
		return send({ 'mex-content-checksum': 'a=' });
	},
	odsCodeMissing: () => ({ path: 'endpointlookup/%20/W', as: null }),
	workflowIdMissing: () => ({ path: 'workflowsearch/%20', as: null }),
	authorizationUnreadable: () => ({ ...count, as: null }),
	mailboxMismatch: () => ({ ...count, as: 'X26ABC2' }),
	invalidToken: (_mesh, sandbox) => signed(sandbox, { password: 'wrong' }),
	duplicatedToken: async (mesh, sandbox) => {
		const call = signed(sandbox, {});
		await mesh.call(call);
		return call;
	},
	inactiveMailbox: (_mesh, sandbox) => {
		sandbox.putMailbox({ mailboxId: 'X26ABC1', odsCode: 'X26', active: false });
		return count;
	},
	noMailboxMatched: () => ({ path: 'NOBODY/count' }),
	forbidden: async (_mesh, sandbox) => ({ path: `X26ABC1/inbox/${await sandbox.putMessage({ to: 'X26ABC2', content: 'x' })}` }),
	messageNotFound: () => ({ path: 'X26ABC1/inbox/NOTHERE' }),
	notFound: () => ({ path: 'X26ABC1/outbox/tracking?messageID=NOTHERE' }),
	routeNotFound: () => ({ path: 'X26ABC1/nowhere' }),
	methodNotAllowed: () => ({ method: 'PUT', path: 'X26ABC1/inbox' }),
	chunkAboveTotal: async (mesh) => chunk(await half(mesh), 3, '3:3'),
	messageGone: async (mesh) => ({ path: `X26ABC2/inbox/${await half(mesh)}` }),
	requestTooLarge: () => send({}, 'x'.repeat(1001)),
	invalidFrom: (_mesh, sandbox) => checkedSend(sandbox, { 'mex-from': 'X26ABC3' }),
	invalidControlVersion: (_mesh, sandbox) => checkedSend(sandbox, { 'mex-version': '2.0' }),
	invalidMessageType: (_mesh, sandbox) => checkedSend(sandbox, { 'mex-messagetype': 'REPORT' }),
	unregisteredRecipient: () => send({ 'mex-to': 'NOWHERE' }),
	senderNotAllowed: (_mesh, sandbox) => {
		sandbox.putMailbox({ mailboxId: 'X26ABC1', odsCode: 'X26', sends: [] });
		sandbox.behaviour.workflowPermissions = 'refusal';
		return send({ 'mex-workflowid': 'TEST_WORKFLOW' });
	},
	workflowNotRegistered: (_mesh, sandbox) => {
		sandbox.behaviour.workflowPermissions = 'refusal';
		return send({});
	},
	invalidChunkRange: () => send({ 'mex-chunk-range': '2:2' }),
	emptyBody: () => send({}, ''),
	encodingChanged: async (mesh) => chunk(await half(mesh), 2, '2:2', { 'content-encoding': 'gzip' }),
	unsupportedEncoding: () => send({ 'content-encoding': 'deflate' }),
	alreadyFinal: async (mesh) => chunk(await mesh.send('X26ABC1', 'X26ABC2', 'x'), 1, '1:1'),
	tooManyRequests: (_mesh, sandbox) => {
		sandbox.behaviour.rateLimit = { requests: 0, perMs: 60_000, retryAfterSeconds: 1 };
		return count;
	},
	internalError: async (mesh) => ({
		path: `X26ABC2/inbox/${await mesh.send('X26ABC1', 'X26ABC2', 'not gzip', { 'content-encoding': 'gzip' })}`,
	}),
};

describe('every refusal of the catalogue', () => {
	it.each(Object.keys(CATALOGUE) as Refusal[])('%s is raised over the wire, in the shape of both versions', async (name) => {
		const entry: { status: number; event: string; code: string; text: string; shape?: string } = CATALOGUE[name];
		for (const version of [1, 2] as const) {
			await withSandbox({ maximumRequestBytes: 1000 }, async (mesh, sandbox) => {
				// The first request for the rate limit counts already, so it must not be one of the preparations.
				const call = { version, ...(await PROVOCATIONS[name](mesh, sandbox)) };
				if (name === 'tooManyRequests') await mesh.call(call);
				const reply = await mesh.call(call);
				expect(reply.status).toBe(entry.status);
				const { event, code, text } = entry;
				if (entry.shape === 'generic') expect(reply.json).toEqual({ message: text });
				else if (entry.shape === 'framework') expect(reply.json).toEqual({ detail: text });
				else if (version === 1 || name === 'acceptHeader')
					expect(reply.json).toMatchObject({ errorEvent: event, errorCode: code, errorDescription: text });
				else expect(reply.json).toMatchObject({ detail: [{ event, code, msg: text }] });
				// MESH tells nobody why it failed; the request log does (serverFailures.test.ts).
				expect(sandbox.requests.at(-1)?.outcome).toBe(name === 'internalError' ? SERVER_FAILURES.notGzip : text);
			});
		}
	});
});

/** The published event of each code; every other refusal has neither event nor code. */
const EVENTS: Record<string, string> = {
	'02': 'COLLECT',
	'06': 'TRANSFER',
	'07': 'SEND',
	'08': 'SEND',
	'09': 'SEND',
	'11': 'SEND',
	'12': 'SEND',
	'14': 'SEND',
	'16': '',
	'17': 'SEND',
	'20': 'RECEIVE',
	'EPL-150': 'SEND',
	'EPL-151': 'SEND',
	'EPL-152': 'SEND',
	'EPL-153': 'SEND',
	'EPL-154': 'SEND',
	'Invalid checksum': 'SEND',
	'Message already accepted': 'SEND',
	InvalidHeaderChunks: 'SEND',
	UnsupportedContentEncoding: 'SEND',
};

describe('the event of every code', () => {
	it.each([...Object.entries(CATALOGUE), ...Object.entries(REPORT_TEXTS)])('%s is the published one', (_name, { code, event }) => {
		expect([code, event]).toEqual([code, code === '' ? '' : EVENTS[code]]);
	});
});

const ROOT = join(__dirname, '../..');

/** Reads times as a process does whose clock is not UTC: Node.js takes the zone at its start. */
function read(values: string[], zone: string): string[] {
	const program = `require('tsx/cjs/api').register();
		const { Validation } = require('./sandbox/errors/refusals.ts');
		const times = ${JSON.stringify(values)}.map((value) => new Date(new Validation().time('query', 'start_time', value, 0)).toISOString());
		process.stdout.write(JSON.stringify(times));`;
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- Node.js itself, with a program written here
	const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
		cwd: ROOT,
		env: { ...process.env, TZ: zone },
		encoding: 'utf8',
	});
	if (stdout === '') throw new Error(stderr);
	return JSON.parse(stdout) as string[];
}

it.each(['America/New_York', 'Asia/Kolkata'])('a time without a zone is UTC, also where the machine is in %s', (zone) => {
	const withoutZone = ['2026-07-01T10:00:00.123456', '2026-07-01T10:00:00', '2026-07-01 10:00', '1 Jul 2026 10:00', '2026-07-01'];
	expect(read(withoutZone, zone)).toEqual([
		'2026-07-01T10:00:00.123Z',
		'2026-07-01T10:00:00.000Z',
		'2026-07-01T10:00:00.000Z',
		'2026-07-01T10:00:00.000Z',
		'2026-07-01T00:00:00.000Z',
	]);
	const withZone = ['2026-07-01T10:00:00Z', '2026-07-01T11:00:00+01:00', '2026-07-01T06:00:00-0400', 'Wed, 01 Jul 2026 10:00:00 GMT'];
	expect(read(withZone, zone)).toEqual(withZone.map(() => '2026-07-01T10:00:00.000Z'));
});

const GENERIC = { message: 'An internal error occurred.\n\nPlease contact support.' };
const PACKED = gzipSync(randomBytes(2_000_000));
const asGzip = { 'content-encoding': 'gzip' };

describe('what fails in the server', () => {
	const finished: RecordedRequest[] = [];
	let onFinished = () => {};
	const world = sandboxForTests({
		onRequest(record) {
			finished.push(record);
			onFinished();
		},
	});
	/** The log’s line of a call, when it is complete. */
	const line = async (call: string): Promise<RecordedRequest> => {
		for (;;) {
			const found = finished.find((record) => record.call === call);
			if (found) return found;
			await new Promise<void>((resolve) => (onFinished = resolve));
		}
	};
	beforeEach(() => finished.splice(0));

	it('content that is labelled gzip and is none: said in the log, not in the answer', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'plain', asGzip);
		const { status, json } = await world.mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('download')).toMatchObject({ status: 500, outcome: 'The content is labelled gzip and is none' });
	});

	it('gzip content that ends too early, or is damaged within: the answer breaks off, and not because the client gave up', async () => {
		const damaged = Buffer.concat([PACKED.subarray(0, 1_900_000), Buffer.alloc(100_000)]);
		for (const content of [PACKED.subarray(0, 1_900_000), damaged]) {
			const id = await world.mesh.send('X26ABC1', 'X26ABC2', content, asGzip);
			await expect(world.mesh.call({ path: `X26ABC2/inbox/${id}` })).rejects.toMatchObject({ code: 'ECONNRESET' });
			expect(await line('download')).toMatchObject({ status: 200, outcome: 'The gzip content is damaged or incomplete' });
			finished.splice(0);
		}
	});

	it('a client that goes away while content is unpacked for it did give up', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', PACKED, asGzip);
		const { ca, client } = world.sandbox.certificates;
		const headers = { authorization: token('X26ABC2', world.sandbox.clock.now()) };
		const download = request(`${world.sandbox.url}/messageexchange/X26ABC2/inbox/${id}`, {
			agent: false,
			ca,
			cert: client.certificate,
			key: client.privateKey,
			headers,
		});
		download.on('error', () => undefined);
		download.once('response', () => download.destroy());
		download.end();
		expect(await line('download')).toMatchObject({ status: 200, outcome: 'the client gave up' });
	});

	it('a cursor that was made up', async () => {
		const { status, json } = await world.mesh.call({ path: `X26ABC2/inbox?continue_from=${'x'.repeat(30)}` });
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('list')).toMatchObject({ status: 500, outcome: 'continue_from was not made by this sandbox' });
	});

	it('tracking in version 3, where the NHS sandbox is followed', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'x');
		world.sandbox.behaviour.answers = 'nhsSandbox';
		const { status, json } = await world.mesh.call({
			path: `X26ABC1/outbox/tracking?messageID=${id}`,
			headers: { accept: 'application/vnd.mesh.v3+json' },
		});
		world.sandbox.behaviour.answers = 'specification';
		expect([status, json]).toEqual([500, GENERIC]);
		expect(await line('track')).toMatchObject({ status: 500, outcome: 'The NHS sandbox fails at tracking in version 3' });
	});
});
