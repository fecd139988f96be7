import type { CredentialInput } from '../../n8n-lab/rest/credentials';
import type { WorkflowFile, WorkflowNode } from '../../n8n-lab/rest/workflows';
import { authorization } from '../work';
import type { Access } from '../work';

/** The workflows that take turns in one real n8n. The one by hand handles all messages in one execution, one after the other. */
export const N8N_CONTENDERS = [
	{ id: 'n8n-ours', title: 'ours: our trigger, 100 messages an execution' },
	{ id: 'n8n-ours-one-each', title: 'ours: our trigger, an execution for each message' },
	{ id: 'n8n-hand-made', title: 'a workflow of Schedule, HTTP Request and Loop, batches of one' },
] as const;

export type N8nContenderId = (typeof N8N_CONTENDERS)[number]['id'];

interface Certificates {
	ca: string;
	certificate: string;
	privateKey: string;
}

export function ourCredential(access: Access, { ca, certificate, privateKey }: Certificates): CredentialInput {
	return {
		name: 'Benchmark mailbox',
		type: 'meshApi',
		data: {
			environment: 'custom',
			baseUrl: access.url,
			mailboxId: access.mailboxId,
			mailboxPassword: access.password,
			sharedKey: access.sharedKey,
			certificateType: 'pem',
			clientCertificate: certificate,
			privateKey,
			caCertificates: ca,
		},
	};
}

/** What the HTTP Request node takes for mutual TLS. */
export function certificateCredential({ ca, certificate, privateKey }: Certificates): CredentialInput {
	return { name: 'Benchmark certificate', type: 'httpSslAuth', data: { ca, cert: certificate, key: privateKey, passphrase: '' } };
}

let nodes = 0;
const node = (
	name: string,
	type: string,
	typeVersion: number,
	parameters: Record<string, unknown>,
	more: Partial<WorkflowNode> = {},
): WorkflowNode => ({ id: `node-${++nodes}`, name, type, typeVersion, position: [220 * nodes, 0], parameters, ...more });
const to = (...names: string[]) => names.map((name) => ({ node: name, type: 'main', index: 0 }));

/**
 * Our trigger, acknowledging when the workflow has succeeded, and one node that stands for the user's own. Messages in flight
 * are counted singly: with fewer of them than an execution may have, executions get fewer.
 */
export function ourWorkflow(credentialId: string, messagesPerExecution: number): WorkflowFile {
	return {
		name: `Benchmark: our trigger, ${messagesPerExecution} an execution`,
		nodes: [
			node(
				'Trigger',
				'n8n-nodes-nhs-mesh.meshTrigger',
				1,
				{
					pollTimes: { item: [{ mode: 'everyMinute' }] },
					options: { messagesPerExecution, messagesInFlight: Math.max(10, 2 * messagesPerExecution) },
				},
				{
					credentials: { meshApi: { id: credentialId, name: 'Benchmark mailbox' } },
				},
			),
			node('Work', 'n8n-nodes-base.noOp', 1, {}),
		],
		connections: { Trigger: { main: [to('Work')] } },
	};
}

/**
 * The same by hand. It is spared what a real one would need: its token is made once, where MESH wants a new one, signed,
 * for each request, which takes two more nodes before each HTTP Request.
 */
export function handMadeWorkflow(credentialId: string, access: Access): WorkflowFile {
	const inbox = `${access.url}/messageexchange/${access.mailboxId}/inbox`;
	const request = (name: string, method: string, url: string, options: Record<string, unknown> = {}): WorkflowNode =>
		node(
			name,
			'n8n-nodes-base.httpRequest',
			4.2,
			{
				method,
				url,
				provideSslCertificates: true,
				sendHeaders: true,
				headerParameters: {
					parameters: [
						{ name: 'Accept', value: 'application/vnd.mesh.v2+json' },
						{ name: 'Authorization', value: authorization(access) },
					],
				},
				options,
			},
			{ credentials: { httpSslAuth: { id: credentialId, name: 'Benchmark certificate' } } },
		);
	return {
		name: 'Benchmark: by hand',
		nodes: [
			node('Schedule', 'n8n-nodes-base.scheduleTrigger', 1.2, { rule: { interval: [{ field: 'seconds', secondsInterval: 5 }] } }),
			// Told, because the node does not take MESH's media type for JSON.
			request('List', 'GET', inbox, { response: { response: { responseFormat: 'json' } } }),
			node('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'messages', options: {} }),
			node('Loop', 'n8n-nodes-base.splitInBatches', 3, { options: {} }),
			request('Download', 'GET', `=${inbox}/{{ $json.messages }}`, {
				response: { response: { responseFormat: 'file', outputPropertyName: 'data' } },
			}),
			node('Work', 'n8n-nodes-base.noOp', 1, {}),
			request('Acknowledge', 'PUT', `=${inbox}/{{ $('Loop').item.json.messages }}/status/acknowledged`),
		],
		connections: {
			Schedule: { main: [to('List')] },
			List: { main: [to('Split')] },
			Split: { main: [to('Loop')] },
			Loop: { main: [[], to('Download')] },
			Download: { main: [to('Work')] },
			Work: { main: [to('Acknowledge')] },
			Acknowledge: { main: [to('Loop')] },
		},
	};
}
