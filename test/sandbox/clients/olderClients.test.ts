import { gzipSync } from 'node:zlib';
import { sandboxForTests } from '../support/caller';
import { jsonOf, Wire } from './wire';

// What older published texts asked of clients, and the samples of the specification itself: padded nonce counts, headers that are
// obsolete by now, no Accept at all, misspelt names, the Java client's extra call.

const world = sandboxForTests();
let sender: Wire;
let receiver: Wire;
beforeAll(() => {
	const habits = { countsFrom: 1, count: (count: number) => String(count).padStart(3, '0') };
	sender = new Wire(world.sandbox, 'X26ABC1', habits);
	receiver = new Wire(world.sandbox, 'X26ABC2', habits);
});
afterEach(() => world.sandbox.reset());
afterAll(() => {
	sender.close();
	receiver.close();
});

const OLD = {
	'mex-from': 'X26ABC1',
	'mex-to': 'X26ABC2',
	'mex-workflowid': 'W',
	'mex-messagetype': 'DATA',
	'mex-version': '1.0',
	'mex-addresstype': 'ALL',
	'mex-fromsmtp': 'a@example.org',
	'mex-tosmtp': 'b@example.org',
	'mex-processid': '1',
	'mex-javaversion': '1.8.0_60',
};

test('an old message, its token with count 001, is sent, read and acknowledged in version 1', async () => {
	const sent = await sender.call('POST', '/outbox', OLD, Buffer.from('old'));
	expect([sent.status, Object.keys(jsonOf(sent))]).toEqual([202, ['messageID']]);
	const id = String(jsonOf(sent).messageID);
	expect(jsonOf(await receiver.call('GET', '/inbox'))).toEqual({ messages: [id] });
	expect((await receiver.call('GET', `/inbox/${id}`)).body.toString()).toBe('old');
	expect(jsonOf(await receiver.call('PUT', `/inbox/${id}/status/acknowledged`, {}, Buffer.from('{}')))).toEqual({ messageId: id });
	expect(jsonOf(await receiver.call('GET', '/count'))).toMatchObject({ count: 0, allResultsIncluded: true });
});

test('the Java client tells about itself by its extra call', async () => {
	const { status, body } = await sender.call('POST', '/update', { 'content-type': 'application/json' }, Buffer.from('{}'));
	expect([status, body.length]).toEqual([200, 0]);
});

test("the specification's sample of a compressed upload, copied literally, fails at chunk 2 for want of its encoding", async () => {
	const headers = {
		Accept: 'application/vnd.mesh.v2+json',
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'W',
		'nex-messagetype': 'DATA',
		'mex-chunk-range': '1:2',
		'content-encoding': 'gzip',
	};
	const id = String(jsonOf(await sender.call('POST', '/outbox', headers, gzipSync('one'))).message_id);
	const chunk = { Accept: headers.Accept, 'mex-chunk-range': '2:2' };
	const refused = await sender.call('POST', `/outbox/${id}/2`, chunk, gzipSync('two'));
	expect([refused.status, jsonOf(refused)]).toEqual([417, { detail: [{ event: '', code: '', msg: 'cannot change content encoding' }] }]);
	expect((await sender.call('POST', `/outbox/${id}/2`, { ...chunk, 'content-encoding': 'gzip' }, gzipSync('two'))).status).toBe(202);
});
