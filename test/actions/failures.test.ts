import type { ICredentialTestFunctions, ICredentialsDecrypted, IDataObject, INodeExecutionData } from 'n8n-workflow';
import { setTimeout as pause } from 'node:timers/promises';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { meshApiConnectionTest } from '../../nodes/Mesh/methods';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, passOn, storedText } from '../engine';
import { sandboxCredential } from '../engine/credentials';
import { MESH, startWorld, useWorld } from './world';
import type { World } from './world';

describe('failures', () => {
	let world: World;
	useWorld((started) => (world = started));

	const headersOf = { resource: 'message', operation: 'getHeaders', messageId: '={{ $json.id }}' };
	const putTwo = async () =>
		[
			await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a' }),
			await world.sandbox.putMessage({ to: 'X26ABC1', content: 'b' }),
		] as const;

	/** Source -> MESH -> success or error branch, as users build it. */
	async function runWithErrorOutput(parameters: IDataObject, items: INodeExecutionData[]) {
		const workflow = makeWorkflow({
			types: { [MESH]: new Mesh(), 'x.pass': passOn },
			nodes: [
				makeNode('Source', 'x.pass'),
				makeNode('MESH', MESH, parameters, { onError: 'continueErrorOutput' }),
				makeNode('Good', 'x.pass'),
				makeNode('Bad', 'x.pass'),
			],
			connections: [
				['Source', 'MESH'],
				['MESH', 0, 'Good'],
				['MESH', 1, 'Bad'],
			],
			credentials: world.credentials,
		});
		return await execute(workflow, { start: 'Source', items });
	}

	describe('when an item fails', () => {
		test('the node fails with the index of the item, and with what to do', async () => {
			const [first] = await putTwo();
			const error = errorOf(await world.run(headersOf, { items: [{ json: { id: first } }, { json: { id: 'GONE' } }] }));
			expect(error).toMatchObject({ name: 'NodeApiError', context: { itemIndex: 1 } });
			expect(error.description).toMatch(/\w/);
		});

		test('with Continue On Fail an error item stands in its place, paired with its input', async () => {
			const [first, second] = await putTwo();
			const run = await world.run(headersOf, {
				items: [{ json: { id: first } }, { json: { id: 'GONE' } }, { json: { id: second } }],
				node: { onError: 'continueRegularOutput' },
			});
			const output = outputOf(run, 'MESH');
			expect(output.map(({ json, pairedItem }) => [json.messageId ?? 'error', pairedItem])).toEqual([
				[first, { item: 0 }],
				['error', { item: 1 }],
				[second, { item: 2 }],
			]);
			expect(output[1]?.json).toEqual({
				error: {
					message: 'MESH has no message GONE in mailbox X26ABC1',
					description: expect.stringContaining('Details: MESH answered 404'),
					errorCode: 'MESH_STATUS',
					httpStatus: 404,
					messageId: 'GONE',
					temporary: false,
					ambiguous: expect.any(Boolean),
				},
			});
		});

		test('with an error output it goes there, with the input and all facts, and the others go on', async () => {
			const [first, second] = await putTwo();
			const run = await runWithErrorOutput(headersOf, [
				{ json: { id: first } },
				{ json: { id: 'GONE', reference: 7 } },
				{ json: { id: second } },
			]);
			expect(outputOf(run, 'Good').map(({ json }) => json.messageId)).toEqual([first, second]);
			expect(outputOf(run, 'Bad').map(({ json }) => json)).toEqual([
				{ id: 'GONE', reference: 7, error: expect.objectContaining({ errorCode: 'MESH_STATUS', messageId: 'GONE' }) },
			]);
		});

		test('a refused parameter of one item does not stop the others either', async () => {
			const run = await runWithErrorOutput(
				{ resource: 'message', operation: 'send', to: '={{ $json.to }}', workflowId: 'W', contentFrom: 'text', text: 'x', options: {} },
				[{ json: { to: '' } }, { json: { to: 'X26ABC2' } }],
			);
			expect(outputOf(run, 'Good')).toHaveLength(1);
			expect(outputOf(run, 'Bad')[0]?.json.error).toMatchObject({ errorCode: 'MESH_INVALID_INPUT', parameter: 'to' });
			expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
		});

		test('an operation that does not exist, as an old or hand-written workflow may have it, is told in plain words', async () => {
			const error = errorOf(await world.run({ resource: 'message', operation: 'fly' }));
			expect(error).toMatchObject({ name: 'NodeOperationError', description: expect.stringMatching(/operation/) });
		});

		test('an expression that fails is told as n8n tells it', async () => {
			const error = errorOf(await world.run({ ...headersOf, messageId: '={{ $("Nowhere").item.json.id }}' }));
			expect(error.message).toMatch(/Nowhere|node/);
		});

		test('an expression that fails keeps what the editor of n8n makes its advice of, such as which node to wire up', async () => {
			const workflow = makeWorkflow({
				types: { [MESH]: new Mesh(), 'x.pass': passOn },
				nodes: [
					makeNode('Source', 'x.pass'),
					makeNode('Aside', 'x.pass'),
					makeNode('MESH', MESH, { ...headersOf, messageId: "={{ $('Aside').item.json.id }}" }),
				],
				// Run before MESH, and on no way to it.
				connections: [
					['Source', 'Aside'],
					['Source', 'MESH'],
				],
				credentials: world.credentials,
			});
			const error = errorOf(await execute(workflow, { start: 'Source', items: [{ json: { id: 'M1', patient: 'Jane' } }] }));
			expect(error).toMatchObject({ name: 'NodeOperationError', message: 'Invalid expression' });
			expect(error.context).toMatchObject({
				itemIndex: 0,
				messageTemplate: 'No path back to referenced node',
				descriptionKey: 'pairedItemNoConnection',
				nodeCause: 'Aside',
				parameter: 'messageId',
				type: 'paired_item_no_connection',
			});
			expect(JSON.stringify(error.context)).not.toContain('Jane');
		});
	});

	describe('secrets', () => {
		const patient = 'GPPROVIDER_9434765919_19550109_Doe';
		const send = {
			resource: 'message',
			operation: 'send',
			to: patient,
			workflowId: 'W',
			contentFrom: 'text',
			text: 'letter about Jane',
			options: {},
		};
		const broken = (fault: Parameters<World['sandbox']['arm']>[0]['fault']) => () => guarded.sandbox.arm({ times: 99, fault });
		let guarded: World;
		beforeAll(async () => {
			guarded = await startWorld({
				sharedKey: 'secret-key',
				mailboxes: [{ mailboxId: 'X26ABC1', odsCode: 'X26', password: 'secret-password' }],
			});
			Object.assign(guarded.credentials.meshApi as object, {
				mailboxPassword: 'secret-password',
				sharedKey: 'secret-key',
				passphrase: 'secret-passphrase',
			});
			guarded.credentials.wrong = { ...guarded.credentials.meshApi, mailboxPassword: 'secret-wrong-one' };
			guarded.credentials.damaged = { ...guarded.credentials.meshApi, privateKey: 'secret-not-a-key' };
		});
		afterEach(async () => await guarded.sandbox.reset());
		afterAll(async () => await guarded.close());

		test.each<[string, string, IDataObject, () => void]>([
			['a wrong password', 'wrong', { resource: 'mailbox', operation: 'validate' }, () => undefined],
			['a key that cannot be read', 'damaged', { resource: 'mailbox', operation: 'validate' }, () => undefined],
			[
				'a refusal that echoes the request',
				'meshApi',
				send,
				broken({
					kind: 'status',
					status: 400,
					body: `{"detail":[{"loc":["header","mex-to"],"msg":"field wrong","type":"x","input":"${patient} secret-key NHSMESH"}]}`,
				}),
			],
			[
				'an error in words of the server',
				'meshApi',
				{ resource: 'mailbox', operation: 'count' },
				broken({ kind: 'status', status: 403, body: '{"detail":[{"event":"","code":"","msg":"bad hash for secret-password"}]}' }),
			],
			['an unknown message', 'meshApi', { resource: 'message', operation: 'download', messageId: 'GONE', options: {} }, () => undefined],
			[
				'a patient whose practice is not known',
				'meshApi',
				send,
				broken({ kind: 'status', status: 417, body: '{"detail":[{"event":"SEND","code":"EPL-153","msg":"NHS number not found"}]}' }),
			],
		])('%s leaves none in what n8n stores', async (_what, credential, parameters, arm) => {
			arm();
			const { privateKey, clientCertificate } = guarded.credentials.meshApi as { privateKey: string; clientCertificate: string };
			for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
				const text = storedText(await guarded.run(parameters, { node: { onError, credential } }))
					// What the user typed into the node is the workflow's own, wherever n8n repeats it.
					.replaceAll(`"to":"${patient}"`, '')
					.replaceAll('"text":"letter about Jane"', '');
				expect(text).toMatch(/"error"/);
				expect(text).not.toMatch(/secret-|NHSMESH|GPPROVIDER|9434765919|Jane/);
				for (const pem of [privateKey, clientCertificate]) expect(text).not.toContain(pem.split('\n')[2]);
			}
		});
	});

	describe('when the user stops the execution', () => {
		test('the request is aborted, the run counts as canceled, and nothing is acknowledged, even with Continue On Fail', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two'] });
			world.sandbox.arm({ call: 'downloadChunk', fault: { kind: 'stall', where: 'beforeAnswer' } });
			const stop = new AbortController();
			const running = world.run(
				{ resource: 'message', operation: 'download', messageId, options: { acknowledge: true } },
				{ cancel: stop.signal, node: { onError: 'continueRegularOutput' } },
			);
			while (!world.sandbox.requests.some(({ call }) => call === 'download')) await pause(5);
			stop.abort();
			expect((await running).status).toBe('canceled');
			expect(world.sandbox.message(messageId)?.status).toBe('accepted');
		});
	});
});

describe('answers of what is in front of MESH', () => {
	let world: World;
	useWorld((started) => (world = started));

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
});
