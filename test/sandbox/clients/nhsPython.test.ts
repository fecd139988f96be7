import { join } from 'node:path';
import { sandboxForTests } from '../support/caller';
import { certificateFiles, run, succeeds, testWhere } from './programs';
import { Wire } from './wire';

// The NHS Python client, as far as one can go without it: its way of speaking, on requests and urllib3 as it uses them.

const world = sandboxForTests();
afterEach(() => world.sandbox.reset());
const hasRequests = succeeds('python3', ['-c', 'import requests']);

test('what it repeats beneath the layer that signs carries a token that is used up: 403, as at MESH', async () => {
	const client = new Wire(world.sandbox, 'X26ABC1', { countsFrom: 0 });
	world.sandbox.arm({ call: 'list', fault: { kind: 'status', status: 503, headers: { 'retry-after': '0' } } });
	const headers = {
		Authorization: client.token(),
		Accept: 'application/vnd.mesh.v2+json',
		'User-Agent': 'mesh_client;3.0;N/A',
		'Accept-Encoding': 'gzip',
	};
	expect((await client.open('GET', '/X26ABC1/inbox', headers)).status).toBe(503);
	const repeated = await client.open('GET', '/X26ABC1/inbox', headers);
	expect([repeated.status, repeated.body.toString()]).toEqual([403, expect.stringContaining('Error Duplicated Authentication Token')]);
	expect((await client.call('GET', '/inbox', { Accept: headers.Accept })).status).toBe(200);
	client.close();
});

testWhere(
	hasRequests,
	'python3 with requests (Debian: python3-requests)',
	'the NHS Python client: everything it does, and the token that its retry repeats',
	async () => {
		const { sandbox } = world;
		const { folder, remove } = certificateFiles(sandbox.certificates);
		sandbox.arm({ call: 'list', skip: 2, fault: { kind: 'status', status: 503 } });
		const { status, output, errors } = await run('python3', [join(__dirname, 'nhsPython.py'), sandbox.url, folder]);
		remove();
		expect([status, errors]).toEqual([0, '']);
		const seen = JSON.parse(output) as Record<string, unknown>;
		expect(seen).toMatchObject({
			handshake: 200,
			ping: 'Yes',
			paged: true,
			read: [true, true, true, true],
			headers: {
				'mex-localid': 'whole',
				'mex-subject': 'S',
				'mex-filename': 'f.txt',
				'mex-partnerid': 'P',
				'mex-chunk-range': '1:1',
				'mex-total-chunks': '1',
				'content-encoding': 'gzip',
			},
			acknowledged: Array.from({ length: 13 }, () => 200),
			count: { count: 0 },
			tracked: 'acknowledged',
			'tracked by local ID': 'Acknowledged',
			'looked up': 'X26ABC2',
			searched: 3,
			retried: [403, 'Error Duplicated Authentication Token'],
		});
		expect(sandbox.requests.slice(-2).map((request) => [request.call, request.status])).toEqual([
			['list', 503],
			['list', 403],
		]);
		// Two sessions, each of which kept its connection.
		expect(sandbox.connections.accepted).toBeLessThanOrEqual(4);
	},
);
