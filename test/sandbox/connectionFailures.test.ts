import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { requestLine } from '../../sandbox/cli/run';
import { startSandbox, type RecordedRequest, type Sandbox } from '../../sandbox';
import { Caller } from './support/caller';

jest.setTimeout(30_000);

let sandbox: Sandbox;
let plain: Sandbox;
const lines: string[] = [];
beforeAll(async () => {
	sandbox = await startSandbox({ onRequest: (each) => lines.push(requestLine(each)) });
	plain = await startSandbox({ tls: false });
});
afterEach(async () => {
	lines.length = 0;
	await sandbox.reset();
	await plain.reset();
});
afterAll(() => Promise.all([sandbox.close(), plain.close()]));

const pair = (of: 'client' | 'strangerClient'): RequestOptions => ({ cert: sandbox.certificates[of].certificate, key: sandbox.certificates[of].privateKey });

/** One request on a connection of its own; resolves to the status, or the error. */
function ping(options: RequestOptions, url = sandbox.url): Promise<number | string> {
	return new Promise((resolve) => {
		const open = url.startsWith('https:') ? request : httpRequest;
		const call = open(`${url}/messageexchange/_ping`, { agent: false, ca: sandbox.certificates.ca, ...options }, (response) => {
			response.resume().once('end', () => resolve(response.statusCode ?? 0));
		});
		call.once('error', (error) => resolve(error.message));
		call.end();
	});
}

/** Sends bytes over mutual TLS; resolves to what came back before the server closed. */
async function send(text: string): Promise<string> {
	const socket = connectTls({ host: 'localhost', port: sandbox.port, ca: sandbox.certificates.ca, cert: sandbox.certificates.client.certificate, key: sandbox.certificates.client.privateKey });
	let answer = '';
	socket.on('data', (block: Buffer) => (answer += block.toString('latin1')));
	socket.on('error', () => undefined);
	socket.write(text);
	await once(socket, 'close');
	return answer;
}

async function until(isSo: () => boolean): Promise<void> {
	for (const end = Date.now() + 20_000; !isSo(); await new Promise((resolve) => setImmediate(resolve))) {
		if (Date.now() > end) throw new Error(`Not so yet: ${isSo.toString()}`);
	}
}

/** The first line of the log, as soon as it is there. */
async function firstRecord(of = sandbox): Promise<RecordedRequest> {
	await until(() => of.requests.length > 0);
	return of.requests[0];
}

const failed = (method: string, outcome: string, status?: number) => ({ method, path: '', call: 'connection', outcome, headers: {}, connection: expect.any(Number) as number, ...(status === undefined ? {} : { status }) });

describe('a connection that fails in TLS is on the log, with the reason in plain words', () => {
	describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
		const versions = { minVersion: version, maxVersion: version };

		it.each([
			['without a certificate', () => ({}), 'No client certificate'],
			['with a certificate of an unknown authority', () => pair('strangerClient'), 'Client certificate of an unknown authority'],
		])('%s', async (_, options, outcome) => {
			expect(await ping({ ...versions, ...options() })).toMatch(/alert|EPROTO/);
			expect(await firstRecord()).toMatchObject(failed('TLS', outcome));
			expect(lines).toEqual([expect.stringMatching(new RegExp(`^[\\d:]{8}  TLS  ---  ${outcome}\n$`))]);
			expect(sandbox.requests).toHaveLength(1);
		});
	});

	it('by a client that does not trust the sandbox, which breaks off without a word', async () => {
		expect(await ping({ ...pair('client'), ca: undefined })).toMatch(/self-signed/);
		expect((await firstRecord()).outcome).toMatch(/^(TLS handshake broken off by the client|The client does not trust the server’s certificate)$/);
	});

	it('with a TLS that is too old, or no cipher in common', async () => {
		await ping({ ...pair('client'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
		expect(await firstRecord()).toMatchObject(failed('TLS', 'TLS version below 1.2'));
		await sandbox.reset();
		await ping({ ...pair('client'), maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' });
		expect(await firstRecord()).toMatchObject(failed('TLS', 'No TLS cipher in common'));
	});

	it('with plain http, or with something that is neither', async () => {
		expect(await ping({}, `http://localhost:${sandbox.port}`)).toMatch(/hang up|ECONNRESET/);
		expect(await firstRecord()).toMatchObject(failed('TLS', 'Plain http on the https port'));
		await sandbox.reset();
		const socket = connect(sandbox.port, '127.0.0.1', () => socket.write('SSH-2.0-test\r\n')).on('error', () => undefined);
		await once(socket, 'close');
		expect(await firstRecord()).toMatchObject(failed('TLS', 'Not TLS'));
	});

	it('but not one on which nothing was said, as those that ask whether the port is open', async () => {
		const socket = connect(sandbox.port, '127.0.0.1', () => socket.end());
		await once(socket.resume(), 'close');
		await until(() => sandbox.connections.open === 0);
		expect(sandbox.requests).toEqual([]);
	});

	it('and not those that the end of the sandbox cuts', async () => {
		const told: RecordedRequest[] = [];
		const other = await startSandbox({ onRequest: (each) => told.push(each) });
		const { ca, client } = other.certificates;
		const socket = connectTls({ host: 'localhost', port: other.port, ca, cert: client.certificate, key: client.privateKey }).on('error', () => undefined);
		await once(socket, 'secureConnect');
		await until(() => other.connections.accepted === 1);
		await other.close();
		expect(told).toEqual([]);
	});
});

describe('bytes that are no request are on the log, with the reason in plain words', () => {
	it.each([
		['a header of 70 KB', `GET / HTTP/1.1\r\nHost: x\r\nmex-subject: ${'s'.repeat(70_000)}\r\n\r\n`, 431, 'Headers larger than 64 KB'],
		['a method that HTTP does not have', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'Unknown HTTP method'],
		['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n', 400, 'Malformed HTTP request: Invalid header token'],
		['no Host header', 'GET /secret-path HTTP/1.1\r\n\r\n', 400, 'No Host header'],
		['an Expect that nobody knows', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n', 417, 'Expect header other than 100-continue'],
	])('%s', async (_, text, status, outcome) => {
		const answer = await send(text);
		expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		expect(JSON.parse(answer.split('\r\n\r\n')[1])).toEqual({ detail: outcome });
		expect(sandbox.requests).toEqual([expect.objectContaining(failed('HTTP', outcome, status))]);
		expect(lines).toEqual([expect.stringContaining(`HTTP ${status}  ${outcome}\n`)]);
	});

	it('a proxy that is wanted where there is none', async () => {
		expect(await send('CONNECT msg.intspineservices.nhs.uk:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
		expect(sandbox.requests).toEqual([expect.objectContaining(failed('HTTP', 'CONNECT asks for a proxy'))]);
	});

	it('https spoken to a sandbox without TLS', async () => {
		await ping({}, `https://localhost:${plain.port}`);
		expect(await firstRecord(plain)).toMatchObject(failed('HTTP', 'https on a plain http port', 400));
	});

	it('a client that goes away within its headers, but one within its body is a request that it gave up', async () => {
		const socket = connect(plain.port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\nHost'));
		await once(socket.resume(), 'close');
		expect(plain.requests).toEqual([expect.objectContaining(failed('HTTP', 'Malformed HTTP request: it ends too early', 400))]);
		await plain.reset();
		const other = connect(plain.port, '127.0.0.1', () => other.end('POST /messageexchange/X26ABC1/outbox HTTP/1.1\r\nHost: x\r\ncontent-length: 9\r\n\r\n1'));
		await once(other.resume(), 'close');
		expect(plain.requests.map(({ call }) => call)).toEqual(['send']);
	});
});

test('the admin call shows them, and never what the client sent', async () => {
	await ping({});
	await send('PASSWORD / HTTP/1.1\r\nHost: secret.example\r\n\r\n');
	const reply = await new Caller(sandbox).call({ path: 'admin/requests', headers: { authorization: '' } });
	const shown = reply.json.requests as RecordedRequest[];
	expect(shown.map(({ call, method, outcome }) => [call, method, outcome]).slice(0, 2)).toEqual([['connection', 'TLS', 'No client certificate'], ['connection', 'HTTP', 'Unknown HTTP method']]);
	expect(JSON.stringify(shown.slice(0, 2))).not.toMatch(/PASSWORD|secret/);
});

test('what they are shown with never holds a secret, whatever the client is refused for', async () => {
	await ping(pair('strangerClient'));
	expect(JSON.stringify(await firstRecord())).not.toMatch(/BEGIN|CN=/);
	expect(Object.keys(sandbox.requests[0]).sort()).toEqual(['at', 'call', 'connection', 'headers', 'id', 'method', 'outcome', 'path', 'query', 'requestBytes', 'responseBytes']);
});

test('a flood of them keeps 100, and displaces no request', async () => {
	expect(await ping(pair('client'))).toBe(200);
	for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 10 }, () => ping({}, `http://localhost:${sandbox.port}`)));
	expect(sandbox.requests.map(({ call }) => call)).toEqual(['ping', ...Array<string>(100).fill('connection')]);
	expect((sandbox.requests.at(-1)?.id ?? 0) - sandbox.requests[0].id).toBe(150);
	expect(await ping(pair('client'))).toBe(200);
	expect(sandbox.requests.at(-1)?.call).toBe('ping');
});
