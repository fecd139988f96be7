import { NodeHelpers } from 'n8n-workflow';
import type { IDataObject, INode, IRun } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import type { MeshClient } from '../../nodes/Mesh/client';
import { errorOf, outputOf } from '../engine';
import { until } from '../trigger/host';
import { asTool, runAgent } from './agent';
import type { Tool } from './agent';
import { NO_RECORD } from '../client/world';
import { impatientClient, impatientMesh, startWorld, useWorld } from './world';
import type { World } from './world';

describe('as a tool', () => {
	let world: World;
	useWorld((started) => (world = started));

	/** One execution in which the agent calls the node with these arguments. */
	async function call(parameters: IDataObject, args: IDataObject = {}): Promise<IRun> {
		return await runAgent(world, parameters, async (tool) => ({
			name: tool.name,
			description: tool.description,
			asksFor: Object.keys(tool.schema.shape),
			answer: JSON.parse(await tool.invoke(args)) as IDataObject,
		}));
	}

	describe('the node as a tool of an AI agent', () => {
		test('is offered by the editor', () => expect(new Mesh().description.usableAsTool).toBe(true));

		test.each([
			['send', 'contentFrom', 'text'],
			['reply', 'contentFrom', 'json'],
			['download', 'outputAs', 'text'],
		])('says for %s, and to an agent only, that files do not work with it', (operation, field, other) => {
			const mesh = asTool(new Mesh());
			const noticesOf = ({ description }: Mesh, value: string) =>
				description.properties.filter(
					(property) =>
						property.type === 'notice' &&
						NodeHelpers.displayParameter({ resource: 'message', operation, [field]: value }, property, null, description),
				);
			expect(noticesOf(mesh, 'binary').map(({ displayName }) => displayName)).toEqual([expect.stringMatching(/^An AI agent .* no files/)]);
			expect(noticesOf(mesh, other)).toEqual([]);
			expect(noticesOf(new Mesh(), 'binary')).toEqual([]);
		});

		test('sends what the model says, to the mailbox that the workflow fixes', async () => {
			const run = await call(
				{
					resource: 'message',
					operation: 'send',
					to: { __rl: true, mode: 'id', value: 'X26ABC2' },
					workflowId: 'TEST_WORKFLOW',
					contentFrom: 'text',
					text: "={{ $fromAI('text', 'What to send', 'string') }}",
					options: {},
				},
				{ text: 'hello from a model' },
			);
			const [item] = outputOf(run, 'Agent');
			const [arrived] = world.sandbox.messagesTo('X26ABC2');
			expect((await world.sandbox.content(arrived?.messageId ?? '')).toString()).toBe('hello from a model');
			expect(item?.json).toMatchObject({ asksFor: ['text'], answer: [{ messageId: arrived?.messageId, to: 'X26ABC2' }] });
			expect(item?.json.description).toMatch(/send/i);
		});

		test('reads: tracks, counts, looks up and downloads text', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content: 'a text' });
			const answer = async (parameters: IDataObject, args?: IDataObject) => outputOf(await call(parameters, args), 'Agent')[0]?.json.answer;
			expect(await answer({ resource: 'mailbox', operation: 'count' })).toEqual([{ mailboxId: 'X26ABC1', count: 1 }]);
			expect(await answer({ resource: 'message', operation: 'getMany' })).toEqual([{ messageId }]);
			expect(
				await answer(
					{ resource: 'message', operation: 'download', messageId: "={{ $fromAI('id') }}", outputAs: 'text', options: {} },
					{ id: messageId },
				),
			).toEqual([expect.objectContaining({ messageId, content: 'a text' })]);
			expect(
				await answer(
					{ resource: 'directory', operation: 'lookUp', odsCode: "={{ $fromAI('ods') }}", workflowId: 'TEST_WORKFLOW2' },
					{ ods: 'X27' },
				),
			).toEqual([expect.objectContaining({ mailboxId: 'X26ABC3' })]);
			expect(await answer({ resource: 'mailbox', operation: 'checkConnection' })).toEqual([expect.objectContaining({ connected: true })]);
		});

		test('tells the model what went wrong and what to do', async () => {
			const error = errorOf(
				await call({ resource: 'message', operation: 'track', trackBy: 'messageId', messageId: "={{ $fromAI('id') }}" }, { id: 'UNKNOWN' }),
			);
			expect(error.message).toMatch(/404/);
			expect(`${error.message} ${String(error.description)}`).toMatch(/Check the ID/);
		});
	});
});

describe('sending as a tool', () => {
	let client: MeshClient;
	let world: World;
	beforeAll(async () => {
		world = await startWorld();
		client = impatientClient(world.sandbox);
	});
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => {
		await client.close();
		await world.close();
	});

	const send: IDataObject = {
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'text',
		text: "={{ $fromAI('text') }}",
		options: {},
	};
	const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
	const calls = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;
	const arrived = () => world.sandbox.messagesTo('X26ABC2').map(({ messageId }) => messageId);

	/** What the tool tells the agent: items, or, as agents hand it to their model, the error. */
	async function answer(tool: Tool, text: string): Promise<IDataObject> {
		try {
			return (JSON.parse(await tool.invoke({ text })) as IDataObject[])[0] ?? {};
		} catch (error) {
			return { failed: (error as Error).message };
		}
	}

	const run = async (node: Partial<INode>, act: (tool: Tool) => Promise<IDataObject>) =>
		await runAgent(world, send, act, { mesh: impatientMesh(() => client), node });
	const inDoubtAtFirst = (times: number) => {
		world.sandbox.arm({ call: 'send', times, fault: { kind: 'resetAfterProcessing' } });
		world.sandbox.arm({
			call: 'trackLocal',
			times: 4 * times,
			fault: NO_RECORD,
		});
	};

	describe('Message: Send as a tool of an AI agent, when n8n or the model runs it again', () => {
		test('Retry On Fail looks for a message in doubt first, so that it exists once', async () => {
			inDoubtAtFirst(1);
			const result = await run(retry, async (tool) => await answer(tool, 'hello'));
			expect(calls('send')).toBe(1);
			expect(outputOf(result, 'Agent')[0]?.json).toMatchObject({ messageId: arrived()[0], settledByTracking: true });
			expect(JSON.stringify(result.data.executionData?.contextData ?? {})).not.toContain('localId');
		});

		test('a message of which MESH has no record is not sent again', async () => {
			world.sandbox.arm({ call: 'send', times: 99, fault: { kind: 'resetBeforeProcessing' } });
			errorOf(await run(retry, async (tool) => ({ text: await tool.invoke({ text: 'hello' }) })));
			expect(calls('send')).toBe(1);
		});

		test.each(['stopWorkflow', 'continueRegularOutput'] as const)(
			'a model that tries again by itself after a send in doubt gets the message that MESH has (On Error: %s)',
			async (onError) => {
				inDoubtAtFirst(1);
				const result = await run({ onError }, async (tool) => ({
					first: await answer(tool, 'hello'),
					other: await answer(tool, 'other'),
					second: await answer(tool, 'hello'),
				}));
				const { first, other, second } = outputOf(result, 'Agent')[0]?.json as Record<string, IDataObject>;
				expect(first.messageId).toBeUndefined();
				expect(arrived()).toEqual(expect.arrayContaining([other.messageId, second.messageId]));
				expect(arrived()).toHaveLength(2);
			},
		);

		test.each(['stopWorkflow', 'continueRegularOutput'] as const)(
			'a model that sends the same text twice on purpose sends it twice (On Error: %s)',
			async (onError) => {
				await run({ ...retry, onError }, async (tool) => ({ first: await answer(tool, 'hello'), second: await answer(tool, 'hello') }));
				expect(arrived()).toHaveLength(2);
			},
		);

		test('of two calls at once with the same text, both in doubt, each is settled by a message of its own', async () => {
			inDoubtAtFirst(2);
			let tries = 0;
			const mesh = impatientMesh(async () => {
				// One that is ahead would use up the answers that the other is to get.
				if (++tries > 2) await until(() => calls('trackLocal') >= 8, 'the doubt of both');
				return client;
			});
			const both = async (tool: Tool) => ({ both: await Promise.all([answer(tool, 'hello'), answer(tool, 'hello')]) });
			const result = await runAgent(world, send, both, { mesh, node: retry });
			const answers = outputOf(result, 'Agent')[0]?.json.both as IDataObject[];
			expect(calls('send')).toBe(2);
			expect(answers.map(({ messageId }) => messageId).sort()).toEqual(arrived().sort());
		});
	});
});
