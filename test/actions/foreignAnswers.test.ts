import type { ICredentialsDecrypted, ICredentialTestFunctions, IDataObject } from 'n8n-workflow';
import { meshApiConnectionTest } from '../../nodes/Mesh/methods/credentialTest';
import { errorOf } from '../engine';
import { sandboxCredential } from '../engine/sandboxCredential';
import { startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

const PAGE = {
	kind: 'foreignAnswer',
	status: 200,
	headers: { 'content-type': 'text/html' },
	body: '<html><head><title>Blocked</title></head></html>',
} as const;
const everyPause = { times: 100, fault: PAGE } as const;
const send = {
	resource: 'message',
	operation: 'send',
	to: 'X26ABC2',
	workflowId: 'W',
	contentFrom: 'text',
	text: 'x'.repeat(3_000_000),
	options: { chunkSize: 1, compression: 'never' },
};

test.each<[string, () => Promise<IDataObject>, string]>([
	[
		'Acknowledge',
		async () => ({
			resource: 'message',
			operation: 'acknowledge',
			messageId: await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a' }),
		}),
		'MESH_PROTOCOL',
	],
	['Validate', async () => ({ resource: 'mailbox', operation: 'validate' }), 'MESH_PROTOCOL'],
	['Count', async () => ({ resource: 'mailbox', operation: 'count' }), 'MESH_PROTOCOL'],
])('the page of a gateway is no success of %s', async (_name, parameters, code) => {
	const given = await parameters();
	world.sandbox.arm(everyPause);
	const error = errorOf(await world.run(given));
	expect(error.context.data).toMatchObject({ errorCode: code });
	expect(error.message).toContain('something in front of MESH answered');
});

test('the page of a gateway is no success of a later chunk of Send, and nothing is delivered', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 2, ...everyPause });
	const error = errorOf(await world.run(send));
	expect(error.context.data).toMatchObject({ errorCode: 'MESH_UPLOAD_INTERRUPTED', upload: { nextChunk: 2 } });
	expect(world.sandbox.inbox('X26ABC2')).toEqual([]);
	expect(world.sandbox.messagesTo('X26ABC2').map(({ status }) => status)).toEqual(['uploading']);
});

test('the page of a gateway is no success of the credential test', async () => {
	world.sandbox.arm(everyPause);
	const data = sandboxCredential(world.sandbox, 'X26ABC1');
	const result = await meshApiConnectionTest.call(
		{} as ICredentialTestFunctions,
		{ id: '1', name: 'MESH', type: 'meshApi', data } as unknown as ICredentialsDecrypted,
	);
	expect(result).toEqual({ status: 'Error', message: expect.stringContaining('something in front of MESH answered') });
});
