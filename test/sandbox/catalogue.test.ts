import { CATALOGUE, REPORT_TEXTS, SERVER_FAILURES } from '../../sandbox/errors/catalogue';
import type { Refusal } from '../../sandbox/errors/catalogue';
import { token, withSandbox, type Call, type Caller } from './support/caller';
import type { Sandbox } from '../../sandbox';

/** A request that provokes each refusal of the catalogue. */
type Provocation = (mesh: Caller, sandbox: Sandbox) => Promise<Call> | Call;

const SEND = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' };
const send = (headers: Record<string, string>, body = 'x'): Call => ({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...SEND, ...headers }, body });
const count: Call = { path: 'X26ABC1/count' };
const signed = (sandbox: Sandbox, options: Parameters<typeof token>[2]) => ({ ...count, headers: { authorization: token('X26ABC1', sandbox.clock.now(), options) } });
const half = async (mesh: Caller, headers: Record<string, string> = {}) => mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2', ...headers });
const chunk = (id: string, number: number, range: string, headers: Record<string, string> = {}): Call => ({
	method: 'POST', path: `X26ABC1/outbox/${id}/${number}`, headers: { 'mex-chunk-range': range, ...headers }, body: 'b',
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
	internalError: async (mesh) => ({ path: `X26ABC2/inbox/${await mesh.send('X26ABC1', 'X26ABC2', 'not gzip', { 'content-encoding': 'gzip' })}` }),
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
				else if (version === 1 || name === 'acceptHeader') expect(reply.json).toMatchObject({ errorEvent: event, errorCode: code, errorDescription: text });
				else expect(reply.json).toMatchObject({ detail: [{ event, code, msg: text }] });
				// MESH tells nobody why it failed; the request log does (serverFailures.test.ts).
				expect(sandbox.requests.at(-1)?.outcome).toBe(name === 'internalError' ? SERVER_FAILURES.notGzip : text);
			});
		}
	});
});

/** The published event of each code; every other refusal has neither event nor code. */
const EVENTS: Record<string, string> = {
	'02': 'COLLECT', '06': 'TRANSFER', '07': 'SEND', '08': 'SEND', '09': 'SEND', '11': 'SEND', '12': 'SEND', '14': 'SEND', '16': '', '17': 'SEND', '20': 'RECEIVE',
	'EPL-150': 'SEND', 'EPL-151': 'SEND', 'EPL-152': 'SEND', 'EPL-153': 'SEND', 'EPL-154': 'SEND',
	'Invalid checksum': 'SEND', 'Message already accepted': 'SEND', InvalidHeaderChunks: 'SEND', UnsupportedContentEncoding: 'SEND',
};

describe('the event of every code', () => {
	it.each([...Object.entries(CATALOGUE), ...Object.entries(REPORT_TEXTS)])('%s is the published one', (_name, { code, event }) => {
		expect([code, event]).toEqual([code, code === '' ? '' : EVENTS[code]]);
	});
});
