import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sandboxForTests } from '../support/caller';
import { jsonOf, pieces, Wire, type WireReply } from './wire';

// NEL.MESH (.NET): version 1, TLS 1.2 and nothing else, the handshake by GET, what it runs on told on every call, mex-from and
// mex-messagetype always sent, bodies streamed behind "Expect: 100-continue", answers read in version 1's names only.

const world = sandboxForTests();
let sender: Wire;
let receiver: Wire;
beforeAll(() => {
	sender = new Wire(world.sandbox, 'X26ABC1', { maxVersion: 'TLSv1.2', countsFrom: 1 });
	receiver = new Wire(world.sandbox, 'X26ABC2', { maxVersion: 'TLSv1.2', countsFrom: 1 });
});
afterEach(() => world.sandbox.reset());
afterAll(() => {
	sender.close();
	receiver.close();
});

const ALWAYS = { 'Mex-ClientVersion': 'NEL.MESH==3.0', 'Mex-OSName': 'Windows', 'Mex-OSVersion': '10.0' };
const CONTENT = Buffer.from('Line of a file\r\n'.repeat(500));

const metadata = (more: Record<string, string> = {}) => ({
	...ALWAYS,
	'Mex-From': 'X26ABC1',
	'Mex-To': 'X26ABC2',
	'Mex-WorkflowID': 'WITNESS',
	'Mex-MessageType': 'DATA',
	'Mex-Subject': '',
	'Mex-LocalID': '',
	'Mex-FileName': 'file.txt',
	'Mex-Content-Checksum': '',
	'Mex-Content-Encrypted': '',
	'Mex-Content-Compressed': '',
	'Content-Type': 'text/plain',
	...more,
});

async function sendPieces(parts: Buffer[], more: Record<string, string> = {}): Promise<string> {
	const first = await sender.call(
		'POST',
		'/outbox',
		metadata({ 'Mex-Chunk-Range': `1:${parts.length}`, Expect: '100-continue', ...more }),
		Readable.from([parts[0]]),
	);
	expect(first.status).toBe(202);
	const id = String(jsonOf(first).messageID);
	for (const [index, part] of parts.entries()) {
		if (index === 0) continue;
		const headers = metadata({ 'Mex-Chunk-Range': `${index + 1}:${parts.length}`, ...more });
		const reply = await sender.call('POST', `/outbox/${id}/${index + 1}`, headers, Readable.from([part]));
		expect([reply.status, jsonOf(reply)]).toEqual([202, { messageID: id, blockID: index + 1 }]);
	}
	return id;
}

/** Takes the range in braces too, as that client does. */
const total = ({ headers }: WireReply) => Number(/^\{?\d+:(\d+)\}?$/.exec(String(headers['mex-chunk-range']))?.[1]);

async function receive(id: string, acceptEncoding?: string): Promise<Buffer> {
	const parts: Buffer[] = [];
	for (let chunk = 1, last = 1; chunk <= last; chunk++) {
		const headers = { ...ALWAYS, ...(acceptEncoding ? { 'Accept-Encoding': acceptEncoding } : {}) };
		const reply = await receiver.call('GET', `/inbox/${id}${chunk === 1 ? '' : `/${chunk}`}`, headers);
		last = total(reply);
		expect([reply.status, reply.headers['content-type']]).toEqual([chunk < last ? 206 : 200, 'application/octet-stream']);
		parts.push(reply.headers['content-encoding'] === 'gzip' ? gunzipSync(reply.body) : reply.body);
	}
	return Buffer.concat(parts);
}

const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');

test('handshake by GET over TLS 1.2, the mailbox read from the answer', async () => {
	const reply = await sender.call('GET', '', ALWAYS);
	expect([reply.status, jsonOf(reply), reply.protocol]).toEqual([200, { mailboxId: 'X26ABC1' }, 'TLSv1.2']);
});

test('a message is sent, listed, read, acknowledged and tracked, one nonce counting up all the while', async () => {
	const id = await sendPieces([CONTENT]);
	const list = await receiver.call('GET', '/inbox', ALWAYS);
	expect(jsonOf(list)).toEqual({ messages: [id] });
	expect(md5(await receive(id))).toBe(md5(CONTENT));
	const acknowledged = await receiver.call('PUT', `/inbox/${id}/status/acknowledged`, ALWAYS);
	expect(jsonOf(acknowledged)).toEqual({ messageId: id });
	const tracked = await sender.call('GET', `/outbox/tracking?messageID=${id}`, ALWAYS);
	expect(jsonOf(tracked)).toMatchObject({ messageId: id, status: 'Acknowledged', statusSuccess: 'SUCCESS', fileSize: CONTENT.length });
});

test('in chunks, plain and compressed each on its own, a file comes back with the same MD5', async () => {
	for (const gzip of [false, true]) {
		const parts = pieces(CONTENT, 3000).map((part) => (gzip ? gzipSync(part) : part));
		const id = await sendPieces(parts, gzip ? { 'Content-Encoding': 'gzip' } : {});
		expect(md5(await receive(id))).toBe(md5(CONTENT));
		expect(md5(await receive(id, 'gzip'))).toBe(md5(CONTENT));
	}
});

test('an unknown recipient is 417 with code 12 and an ID, and the report about it can be read', async () => {
	const reply = await sender.call('POST', '/outbox', metadata({ 'Mex-To': 'UNKNOWN' }), CONTENT);
	expect(reply.status).toBe(417);
	const { messageID, errorCode } = jsonOf(reply);
	expect(errorCode).toBe('12');
	const { messages } = jsonOf(await sender.call('GET', '/inbox', ALWAYS)) as { messages: string[] };
	const report = await sender.call('GET', `/inbox/${messages[0]}`, ALWAYS);
	expect([report.headers['mex-messagetype'], report.headers['mex-linkedmsgid'], report.body.length]).toEqual(['REPORT', messageID, 0]);
});

test('unknown and gone messages are the errors it looks for', async () => {
	const unknown = await receiver.call('GET', '/inbox/NONE', ALWAYS);
	expect([unknown.status, jsonOf(unknown)]).toMatchObject([404, { errorEvent: 'RECEIVE', errorCode: '20' }]);
	const id = await sendPieces([CONTENT]);
	await receiver.call('PUT', `/inbox/${id}/status/acknowledged`, ALWAYS);
	expect((await receiver.call('GET', `/inbox/${id}`, ALWAYS)).status).toBe(410);
});
