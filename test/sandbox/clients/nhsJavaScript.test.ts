import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sandboxForTests } from '../support/caller';
import { certificateFiles, run, testWhere } from './programs';
import { jsonOf, Wire } from './wire';

// The NHS JavaScript client: version 2, a new nonce for every request, the handshake by GET, what it runs on told on every call,
// every file in chunks that are packed. Its package is not installed with this one, since it brings 95 others. To run it:
//   npm install --ignore-scripts --prefix /tmp/mesh-js nhs-mesh-client@1.0.9
//   MESH_JS_CLIENT_DIR=/tmp/mesh-js npx jest test/sandbox/clients/nhsJavaScript

const world = sandboxForTests();
afterEach(() => world.sandbox.reset());

const ALWAYS = {
	accept: 'application/vnd.mesh.v2+json',
	'mex-clientversion': 'javascript-mesh-client==1.0.9',
	'mex-osarchitecture': 'x86_64',
	'mex-osname': 'Linux',
	'mex-osversion': '#44~18.04.2-Ubuntu',
};
const SENT = {
	...ALWAYS,
	'content-type': 'application/octet-stream',
	'mex-from': 'X26ABC1',
	'mex-to': 'X26ABC2',
	'mex-workflowid': 'API-DOCS-TEST',
	'mex-filename': 'message.txt.gz',
};

test('a file of one packed chunk, sent, listed, read and acknowledged with a body that MESH ignores', async () => {
	const sender = new Wire(world.sandbox, 'X26ABC1');
	const receiver = new Wire(world.sandbox, 'X26ABC2');
	expect((await sender.call('GET', '', ALWAYS)).status).toBe(200);
	const sent = await sender.call('POST', '/outbox', { ...SENT, 'mex-chunk-range': '1:1', 'content-encoding': 'gzip' }, gzipSync('a file'));
	const id = jsonOf(sent).message_id;
	expect(jsonOf(await receiver.call('GET', '/inbox', ALWAYS))).toMatchObject({ messages: [id], approx_inbox_count: 1 });
	const { headers } = await receiver.call('GET', `/inbox/${String(id)}`, { ...ALWAYS, 'accept-encoding': 'gzip, compress, deflate, br' });
	expect([headers['content-encoding'], headers['mex-chunk-range']]).toEqual(['gzip', '1:1']);
	const acknowledged = await receiver.call(
		'PUT',
		`/inbox/${String(id)}/status/acknowledged`,
		{ ...ALWAYS, 'content-type': 'application/octet-stream' },
		Buffer.from(JSON.stringify({ messageId: id })),
	);
	expect([acknowledged.status, world.sandbox.inbox('X26ABC2')]).toEqual([200, []]);
	sender.close();
	receiver.close();
});

const folder = process.env.MESH_JS_CLIENT_DIR ?? '';
// It imports JSON by a keyword that Node.js 22 no longer knows.
const runs = existsSync(join(folder, 'node_modules/nhs-mesh-client/index.js')) && Number(process.versions.node.split('.')[0]) < 22;

testWhere(
	runs,
	'nhs-mesh-client in the folder MESH_JS_CLIENT_DIR, or Node.js 20',
	'nhs-mesh-client itself: handshake, send, packed, in chunks, list, read, acknowledge',
	async () => {
		const { sandbox } = world;
		const certificates = certificateFiles(sandbox.certificates);
		const { status, output, errors } = await run(process.execPath, [
			join(__dirname, 'nhsJavaScript.mjs'),
			folder,
			sandbox.url,
			certificates.folder,
		]);
		certificates.remove();
		expect([status, output === '' ? errors : '']).toEqual([0, '']);
		expect(JSON.parse(output)).toEqual({
			handshake: 200,
			sent: [202, 202, 202],
			read: [
				[200, 'plain'],
				[200, 'packed'],
				[206, 'the large file'],
			],
			acknowledged: [200, 200, 200],
			left: 0,
		});
		expect(sandbox.requests.map(({ call }) => call).filter((call) => call === 'send' || call === 'sendChunk')).toEqual([
			'send',
			'send',
			'send',
			'sendChunk',
			'sendChunk',
		]);
	},
);
