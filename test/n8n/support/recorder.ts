import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkflowFile } from '../../../n8n-lab/rest/workflows';
import { chain } from './workflowBuilder';

/** What the last node of a workflow under test told about one message. */
interface Recorded {
	messageId: string;
	attempt: number;
	sha256: string;
}

/** Where a workflow under test proves that it has processed a message: it posts the content here. */
export interface Recorder {
	/** To be completed with `/<message ID>?attempt=<n>`. */
	readonly url: string;
	/** In the order of arrival; poison is not among them. */
	readonly processed: readonly Recorded[];
	/** How often each poison message came; its post is refused with 500, which fails the workflow. */
	readonly poisonAttempts: ReadonlyMap<string, number>;
	/** How often a message was processed. */
	times(messageId: string): number;
	/** Posts about these messages are refused from now on. */
	refuse(messageIds: string[]): void;
	/** The next post about any message is answered only when the result is called, and its execution runs for so long. */
	hold(): () => void;
	close(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
	const processed: Recorded[] = [];
	const poisonAttempts = new Map<string, number>();
	const counts = new Map<string, number>();
	let held: Promise<void> | undefined;
	const handle = async (request: IncomingMessage, response: ServerResponse) => {
		const { pathname, searchParams } = new URL(request.url ?? '/', 'http://recorder');
		const messageId = decodeURIComponent(pathname.slice(1));
		const hash = createHash('sha256');
		for await (const part of request) hash.update(part as Buffer);
		const attempts = poisonAttempts.get(messageId);
		if (attempts !== undefined) {
			poisonAttempts.set(messageId, attempts + 1);
			response.writeHead(500).end('poison');
			return;
		}
		processed.push({ messageId, attempt: Number(searchParams.get('attempt')), sha256: hash.digest('hex') });
		counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
		const [until] = [held, (held = undefined)];
		await until;
		response.end('ok');
	};
	// A sender that is killed breaks its request off: what did not arrive whole was not processed.
	const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		processed,
		poisonAttempts,
		times: (messageId) => counts.get(messageId) ?? 0,
		refuse: (messageIds) => messageIds.forEach((id) => poisonAttempts.set(id, 0)),
		hold() {
			let release: () => void = () => undefined;
			held = new Promise((resolve) => (release = resolve));
			return release;
		},
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Receives messages as files and posts each content to the recorder; the workflow succeeds when that has succeeded. */
export function recordingWorkflow(name: string, credential: string, recorderUrl: string, options: Record<string, unknown>): WorkflowFile {
	return chain(
		name,
		{
			name: 'Arrives',
			type: 'n8n-nodes-nhs-mesh.meshTrigger',
			credential,
			parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, outputAs: 'binary', options },
		},
		{
			name: 'Record',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				method: 'POST',
				url: `=${recorderUrl}/{{ $json.messageId }}?attempt={{ $json.deliveryAttempt }}`,
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
				options: {},
			},
		},
	);
}
