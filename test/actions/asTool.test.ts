import { NodeHelpers, type IDataObject, type IRun } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { errorOf, outputOf } from '../engine';
import { asTool, runAgent } from './agent';
import { startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

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
