import type { IDataObject, IExecuteFunctions, INodeType, IRun } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { errorOf, execute, makeNode, makeWorkflow, outputOf } from '../engine';
import { startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

interface Tool {
	name: string;
	description: string;
	schema: { shape: Record<string, unknown> };
	invoke(args: IDataObject): Promise<string>;
}

/** In the place of an AI agent: calls its one tool with the arguments that the test makes up. */
const agent: INodeType = {
	description: {
		displayName: 'Agent', name: 'agent', group: [], version: 1, description: '', defaults: {}, outputs: ['main'], properties: [],
		inputs: [{ type: 'main' }, { type: 'ai_tool' }],
	},
	async execute(this: IExecuteFunctions) {
		const [tool] = (await this.getInputConnectionData('ai_tool', 0)) as Tool[];
		if (tool === undefined) throw new Error('The agent got no tool');
		const answer = await tool.invoke(this.getInputData()[0]?.json ?? {});
		return [[{ json: { name: tool.name, description: tool.description, asksFor: Object.keys(tool.schema.shape), answer: JSON.parse(answer) as IDataObject } }]];
	},
};

/** What n8n's server makes of a node that is usable as a tool. */
function meshTool(): Mesh {
	const mesh = new Mesh();
	mesh.description = { ...mesh.description, name: 'meshTool', inputs: [], outputs: ['ai_tool'] };
	return mesh;
}

/** One execution in which the agent calls the node with these arguments. */
async function call(parameters: IDataObject, args: IDataObject = {}): Promise<IRun> {
	const types = { 'x.agent': agent, 'n8n-nodes-nhs-mesh.meshTool': meshTool() };
	const workflow = makeWorkflow({ types, nodes: [makeNode('Agent', 'x.agent'), makeNode('MESH', 'n8n-nodes-nhs-mesh.meshTool', parameters)], credentials: world.credentials });
	workflow.workflow.setConnections({ MESH: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } });
	return await execute(workflow, { start: 'Agent', items: [{ json: args }] });
}

describe('the node as a tool of an AI agent', () => {
	test('is offered by the editor', () => expect(new Mesh().description.usableAsTool).toBe(true));

	test('sends what the model says, to the mailbox that the workflow fixes', async () => {
		const run = await call(
			{ resource: 'message', operation: 'send', to: { __rl: true, mode: 'id', value: 'X26ABC2' }, workflowId: 'TEST_WORKFLOW', contentFrom: 'text', text: "={{ $fromAI('text', 'What to send', 'string') }}", options: {} },
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
		expect(await answer({ resource: 'message', operation: 'download', messageId: "={{ $fromAI('id') }}", outputAs: 'text', options: {} }, { id: messageId })).toEqual([expect.objectContaining({ messageId, content: 'a text' })]);
		expect(await answer({ resource: 'directory', operation: 'lookUp', odsCode: "={{ $fromAI('ods') }}", workflowId: 'TEST_WORKFLOW2' }, { ods: 'X27' })).toEqual([expect.objectContaining({ mailboxId: 'X26ABC3' })]);
		expect(await answer({ resource: 'mailbox', operation: 'checkConnection' })).toEqual([expect.objectContaining({ connected: true })]);
	});

	test('tells the model what went wrong and what to do', async () => {
		const error = errorOf(await call({ resource: 'message', operation: 'track', trackBy: 'messageId', messageId: "={{ $fromAI('id') }}" }, { id: 'UNKNOWN' }));
		expect(error.message).toMatch(/404/);
		expect(`${error.message} ${String(error.description)}`).toMatch(/Check the ID/);
	});
});
