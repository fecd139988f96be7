import { gzipSync } from 'node:zlib';
import { sandboxForTests, token } from '../support/caller';
import { certificateFiles, run, succeeds, testWhere } from './programs';
import { Wire } from './wire';

// curl: asks for any type and so gets version 1, waits for "100 Continue" before a large body, sends its standard input in transfer
// chunks, unpacks by itself with --compressed. That the documented recipe runs is tested elsewhere.

const world = sandboxForTests();
afterEach(() => world.sandbox.reset());

const SEND = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' };
const LARGE = Buffer.from('0123456789abcdef'.repeat(150_000));
const hasCurl = succeeds('curl', ['--version']);

test('"Accept: */*" on every call gives version 1 everywhere', async () => {
	const client = new Wire(world.sandbox, 'X26ABC1');
	const curl = { 'User-Agent': 'curl/8.5.0', Accept: '*/*' };
	const sent = await client.call(
		'POST',
		'/outbox',
		{ ...curl, ...SEND, 'Content-Type': 'application/x-www-form-urlencoded' },
		Buffer.from('x'),
	);
	expect(JSON.parse(sent.body.toString())).toEqual({ messageID: expect.any(String) });
	const list = await client.call('GET', '/inbox', curl);
	expect(JSON.parse(list.body.toString())).toEqual({ messages: [] });
	client.close();
});

testWhere(hasCurl, 'curl', 'curl itself: a large body, standard input, packed content, TLS 1.2', async () => {
	const { sandbox } = world;
	const { folder, remove } = certificateFiles(sandbox.certificates);
	const tls = [
		'--silent',
		'--show-error',
		'--fail-with-body',
		'--cacert',
		`${folder}/ca.pem`,
		'--cert',
		`${folder}/client-cert.pem`,
		'--key',
		`${folder}/client-key.pem`,
	];
	const curl = async (mailbox: string, path: string, options: string[], input?: Buffer) => {
		const argv = [
			...tls,
			'--header',
			`Authorization: ${token(mailbox, sandbox.clock.now())}`,
			...options,
			`${sandbox.url}/messageexchange/${mailbox}${path}`,
		];
		const { status, output, errors } = await run('curl', argv, input);
		expect([path, status, errors]).toEqual([path, 0, '']);
		return output;
	};
	const headers = Object.entries(SEND).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);

	const large = JSON.parse(await curl('X26ABC1', '/outbox', [...headers, '--data-binary', '@-'], LARGE)) as { messageID: string };
	expect((await sandbox.content(large.messageID)).equals(LARGE)).toBe(true);
	const piped = JSON.parse(
		await curl('X26ABC1', '/outbox', [...headers, '--request', 'POST', '--upload-file', '-', '--tls-max', '1.2'], LARGE),
	) as { messageID: string };
	expect((await sandbox.content(piped.messageID)).equals(LARGE)).toBe(true);
	const packed = JSON.parse(
		await curl('X26ABC1', '/outbox', [...headers, '--header', 'Content-Encoding: gzip', '--data-binary', '@-'], gzipSync('text')),
	) as { messageID: string };
	expect(await curl('X26ABC2', `/inbox/${packed.messageID}`, [])).toBe('text');
	expect(await curl('X26ABC2', `/inbox/${packed.messageID}`, ['--compressed', '--header', 'Accept: application/vnd.mesh.v2+json'])).toBe(
		'text',
	);
	expect(await curl('X26ABC2', `/inbox/${packed.messageID}/status/acknowledged`, ['--request', 'PUT'])).toBe(
		JSON.stringify({ messageId: packed.messageID }),
	);
	expect(await curl('X26ABC2', `/inbox/${large.messageID}`, ['--head'])).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
	remove();

	const [first, second] = sandbox.requests;
	expect([first.headers.expect, second.headers['transfer-encoding']]).toEqual(['100-continue', 'chunked']);
});
