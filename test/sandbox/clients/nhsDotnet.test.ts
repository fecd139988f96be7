import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sandboxForTests } from '../support/caller';
import { jsonOf, pieces, Wire } from './wire';

// The NHS's .NET client: version 2 but for the acknowledgement, which it sends with "*/*" to get version 1's body; TLS 1.2 only;
// a checksum of its own in Mex-Checksum; chunks packed without saying so; and a tracking query whose parameter has no name.

const world = sandboxForTests();
let sender: Wire;
let receiver: Wire;
beforeAll(() => {
	sender = new Wire(world.sandbox, 'X26ABC1', { maxVersion: 'TLSv1.2' });
	receiver = new Wire(world.sandbox, 'X26ABC2', { maxVersion: 'TLSv1.2' });
});
afterEach(() => world.sandbox.reset());
afterAll(() => {
	sender.close();
	receiver.close();
});

const ALWAYS = {
	Accept: 'application/vnd.mesh.v2+json',
	'Mex-ClientVersion': 'dotnet-mesh-client==1.0.0',
	'Mex-OSName': 'Linux',
	'Mex-OSVersion': '5.15',
	'Mex-OSArchitecture': 'x86_64',
};
const CONTENT = Buffer.from('a,b,c\n1,2,3\n'.repeat(400));

const metadata = (content: Buffer, more: Record<string, string> = {}) => ({
	...ALWAYS,
	'Mex-From': 'X26ABC1',
	'Mex-To': 'X26ABC2',
	'Mex-WorkflowID': 'W',
	'Mex-FileName': 'data.csv',
	'Mex-LocalID': 'L-1',
	'Mex-Subject': 'Test',
	'Mex-Checksum': createHash('md5').update(content).digest('base64'),
	'Content-Type': 'application/octet-stream',
	...more,
});

test('handshake, with an empty body in version 2', async () => {
	const reply = await sender.call('GET', '', ALWAYS);
	expect([reply.status, reply.body.length, reply.protocol]).toEqual([200, 0, 'TLSv1.2']);
});

test('a whole message: its base64 checksum, in a header that MESH does not know, is no hindrance; "*/*" acknowledges in version 1', async () => {
	const sent = await sender.call('POST', '/outbox', metadata(CONTENT, { Expect: '100-continue' }), CONTENT);
	expect(sent.status).toBe(202);
	const id = String(jsonOf(sent).message_id);
	expect(jsonOf(await receiver.call('GET', '/inbox', ALWAYS))).toMatchObject({ messages: [id], approx_inbox_count: 1 });
	const head = await receiver.call('HEAD', `/inbox/${id}`, ALWAYS);
	expect([head.status, head.headers['mex-filename'], head.headers['mex-localid']]).toEqual([200, 'data.csv', 'L-1']);
	expect((await receiver.call('GET', `/inbox/${id}`, ALWAYS)).body.equals(CONTENT)).toBe(true);
	const acknowledged = await receiver.call('PUT', `/inbox/${id}/status/acknowledged`, { ...ALWAYS, Accept: '*/*' });
	expect([acknowledged.status, jsonOf(acknowledged)]).toEqual([200, { messageId: id }]);
});

test('chunks that it packs without a Content-Encoding reach the receiver still packed', async () => {
	const parts = pieces(CONTENT, 2000).map((part) => gzipSync(part));
	const first = await sender.call('POST', '/outbox', metadata(CONTENT, { 'Mex-Chunk-Range': `1:${parts.length}` }), parts[0]);
	const id = String(jsonOf(first).message_id);
	for (let chunk = 2; chunk <= parts.length; chunk++) {
		const { status } = await sender.call(
			'POST',
			`/outbox/${id}/${chunk}`,
			metadata(CONTENT, { 'Mex-Chunk-Range': `${chunk}:${parts.length}` }),
			parts[chunk - 1],
		);
		expect(status).toBe(202);
	}
	const received: Buffer[] = [];
	for (let chunk = 1; chunk <= parts.length; chunk++) {
		const { headers, body } = await receiver.call('GET', `/inbox/${id}/${chunk}`, ALWAYS);
		expect(headers['content-encoding']).toBeUndefined();
		received.push(gunzipSync(body));
	}
	expect(Buffer.concat(received).equals(CONTENT)).toBe(true);
});

test('its tracking query names no parameter: a validation error, as every MESH must answer', async () => {
	const { status, body } = await sender.call('GET', '/outbox/tracking?=20260101000000000000_ABCDEF', ALWAYS);
	expect([status, JSON.parse(body.toString())]).toMatchObject([400, { detail: [{ loc: ['query', 'messageID'] }] }]);
});
