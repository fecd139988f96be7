import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A message of a chat, as OpenAI's chat completions have it. */
interface ChatMessage {
	role: 'system' | 'user' | 'assistant' | 'tool';
	content: string | null;
	tool_calls?: Array<{ id: string; type: 'function'; function: { name: string; arguments: string } }>;
}

/** What a client asked the model. */
interface ChatRequest {
	messages: ChatMessage[];
	/** What the model may call. */
	tools: Array<{
		function: { name: string; description: string; parameters: { properties: Record<string, unknown>; required?: string[] } };
	}>;
}

/** A chat model that does not think: it calls each tool it is offered once, with given arguments, and then gives its final answer. */
export interface ScriptedModel {
	/** The base URL for a client of OpenAI's API. */
	readonly url: string;
	/** In the order of arrival. */
	readonly requests: readonly ChatRequest[];
	close(): Promise<void>;
}

/** @param finalAnswer what the model says after it has the tool's result */
export async function startScriptedModel(toolArguments: Record<string, unknown>, finalAnswer: string): Promise<ScriptedModel> {
	const requests: ChatRequest[] = [];
	const answer = (request: ChatRequest): ChatMessage => {
		if (request.messages.at(-1)?.role === 'tool') return { role: 'assistant', content: finalAnswer };
		const tool_calls = request.tools.map(({ function: { name } }, i) => ({
			id: `call_${i + 1}`,
			type: 'function' as const,
			function: { name, arguments: JSON.stringify(toolArguments) },
		}));
		return { role: 'assistant', content: null, tool_calls };
	};
	const server = createServer((request, response) => {
		void json(request).then((body) => {
			const asked = body as ChatRequest;
			requests.push(asked);
			const message = answer(asked);
			const choice = { index: 0, message, finish_reason: message.tool_calls ? 'tool_calls' : 'stop' };
			const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ id: 'chat-1', object: 'chat.completion', created: 1, model: 'scripted', choices: [choice], usage }));
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
		requests,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
