import { saveCredential } from '../../n8n-lab/rest/credentials';
import type { WorkflowFile } from '../../n8n-lab/rest/workflows';

import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { startScriptedModel } from './support/scriptedModel';
import type { ScriptedModel } from './support/scriptedModel';
import { chain, manualTrigger } from './support/workflowBuilder';

const FINAL_ANSWER = 'Done, as you asked.';

let mesh: MeshFixture;

beforeAll(async () => (mesh = await startMesh()));

afterAll(async () => await mesh.close());

beforeEach(async () => await mesh.sandbox.reset());

/** n8n's AI Agent with a chat model and the NHS MESH node as its tool. */
async function agentWorkflow(name: string, model: ScriptedModel, parameters: Record<string, unknown>): Promise<WorkflowFile> {
	const openAi = await saveCredential(mesh.rest, {
		name: 'Scripted model',
		type: 'openAiApi',
		data: { apiKey: 'none', url: model.url, header: false },
	});
	const workflow = chain(name, manualTrigger(), {
		name: 'Agent',
		type: '@n8n/n8n-nodes-langchain.agent',
		typeVersion: 3.1,
		parameters: { promptType: 'define', text: 'Please use the mailbox.', options: {} },
	});
	const chatModel = {
		...chain('', {
			name: 'Model',
			type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
			typeVersion: 1.2,
			parameters: { model: { __rl: true, mode: 'id', value: 'scripted' }, options: {} },
			more: { credentials: { openAiApi: { id: openAi, name: '' } } },
		}).nodes[0],
		id: 'model',
	};
	const tool = {
		...chain('', { name: 'MESH', type: 'n8n-nodes-nhs-mesh.meshTool', parameters, credential: mesh.credentials.X26ABC1 }).nodes[0],
		id: 'tool',
	};
	return {
		...workflow,
		nodes: [...workflow.nodes, chatModel, tool],
		connections: {
			...workflow.connections,
			Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
			MESH: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	};
}

/** Runs the agent with a model that calls the tool with `toolArguments`. */
async function runAgent(name: string, parameters: Record<string, unknown>, toolArguments: Record<string, unknown> = {}) {
	const model = await startScriptedModel(toolArguments, FINAL_ANSWER);
	try {
		const execution = await mesh.run(await agentWorkflow(name, model, parameters));
		expect([execution.status, execution.error]).toEqual(['success', undefined]);
		expect(execution.items('Agent')[0].json).toEqual({ output: FINAL_ANSWER });
		const [offered, answered] = model.requests;
		return { tool: offered.tools[0].function, result: answered.messages.at(-1)?.content ?? '' };
	} finally {
		await model.close();
	}
}

describe("the NHS MESH node as a tool of n8n's AI Agent", () => {
	it('lists the inbox and gives the model the IDs of the messages that wait', async () => {
		const waiting = [
			await mesh.sandbox.putMessage({ to: 'X26ABC1', content: 'a' }),
			await mesh.sandbox.putMessage({ to: 'X26ABC1', content: 'b' }),
		];
		const { result } = await runAgent('agent: list', { resource: 'message', operation: 'getMany', limit: 10 });
		for (const messageId of waiting) expect(result).toContain(messageId);
		expect(mesh.sandbox.inbox('X26ABC1')).toEqual(waiting);
	});

	it('sends the text that the model wrote to the mailbox that it named, and tells it the message ID', async () => {
		const { tool, result } = await runAgent(
			'agent: send',
			{
				resource: 'message',
				operation: 'send',
				sendTo: 'mailbox',
				to: { __rl: true, mode: 'id', value: "={{ $fromAI('recipient', 'Mailbox ID of the recipient', 'string') }}" },
				workflowId: 'TEST_WORKFLOW',
				contentFrom: 'text',
				text: "={{ $fromAI('text', 'What to write', 'string') }}",
			},
			{ recipient: 'X26ABC2', text: 'The clinic is closed on Monday.' },
		);
		expect(Object.keys(tool.parameters.properties).sort()).toEqual(['recipient', 'text']);
		const [sent] = mesh.sandbox.messagesTo('X26ABC2');
		expect(sent).toMatchObject({ from: 'X26ABC1', workflowId: 'TEST_WORKFLOW', status: 'accepted' });
		expect((await mesh.sandbox.content(sent.messageId)).toString()).toBe('The clinic is closed on Monday.');
		expect(result).toContain(sent.messageId);
	});

	it('tells the model in words what was wrong with its call, so that it can try again or say so', async () => {
		const { result } = await runAgent(
			'agent: track',
			{ resource: 'message', operation: 'track', trackBy: 'messageId', messageId: "={{ $fromAI('messageId', 'The message', 'string') }}" },
			{ messageId: '20300101000000000000_ABCDEF' },
		);
		expect(result).toMatch(/MESH has no message/);
		expect(result).not.toMatch(/TestKey|NHSMESH |password/);
	});
});
