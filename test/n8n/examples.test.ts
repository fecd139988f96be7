import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExamples, receiveExample, sendExample } from '../../n8n-lab/exampleWorkflows';
import { digestBinary } from '../../n8n-lab/rest/executions';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { sharedN8n } from './support/sharedN8n';

const SETTLE_TIMEOUT_MS = 30_000;

let mesh: MeshFixture;
let examples: Awaited<ReturnType<typeof readExamples>>;
let receive: string;

beforeAll(async () => {
	mesh = await startMesh();
	examples = await readExamples();
});

afterAll(async () => await mesh.close());

async function statusBecomes(messageId: string, status: string): Promise<void> {
	await eventually(
		`message ${messageId} is ${status}`,
		() => (mesh.sandbox.message(messageId)?.status === status ? true : undefined),
		SETTLE_TIMEOUT_MS,
	);
}

describe('the example workflows', () => {
	it('hold no secrets and refer to credentials by the names that npm start gives them', () => {
		for (const [file, workflow] of examples) {
			const text = JSON.stringify(workflow);
			expect([file, /TestKey|BEGIN|"password"/.test(text)]).toEqual([file, false]);
			const names = workflow.nodes.flatMap(({ credentials }) => Object.values(credentials ?? {}).map(({ name }) => name));
			expect([file, names.filter((name) => !/^MESH sandbox X26ABC[12]$/.test(name))]).toEqual([file, []]);
		}
	});

	it('send a real file in chunks, receive it byte for byte, acknowledge it, and reply to it', async () => {
		const running = mesh.run(examples.get(sendExample.file)!);
		await eventually('the message arrives', () => mesh.sandbox.messagesTo('X26ABC2')[0], SETTLE_TIMEOUT_MS);
		receive = await mesh.publish(examples.get(receiveExample.file)!);
		const sent = await running;
		expect([sent.status, sent.error]).toEqual(['success', undefined]);
		const file = await digestBinary(mesh.rest, sent.items(sendExample.sourceNode)[0].binary!.data);
		const { messageId } = sent.items(sendExample.sendNode)[0].json as { messageId: string };
		expect(mesh.sandbox.message(messageId)?.chunkCount).toBeGreaterThan(1);
		expect(sent.items(sendExample.statusNode)[0].json).toMatchObject({ messageId, status: 'acknowledged' });
		expect(mesh.sandbox.message(messageId)).toMatchObject({ from: 'X26ABC1', to: 'X26ABC2', fileName: 'appointments.csv' });
		const atMesh = createHash('sha256').update(await mesh.sandbox.content(messageId));
		expect(atMesh.digest('hex')).toBe(file.sha256);

		const [received] = await mesh.finished(receive);
		expect([received.status, received.error]).toEqual(['success', undefined]);
		const [item] = received.items(receiveExample.trigger);
		expect(item.json).toMatchObject({ messageId, from: 'X26ABC1', workflowId: 'TEST_WORKFLOW', bytes: file.bytes });
		await expect(digestBinary(mesh.rest, item.binary!.data)).resolves.toEqual(file);
		const kept = await readFile(join(sharedN8n().filesFolder, `${messageId}-appointments.csv`));
		expect(createHash('sha256').update(kept).digest('hex')).toBe(file.sha256);
		await statusBecomes(messageId, 'acknowledged');

		const [reply] = mesh.sandbox.messagesTo('X26ABC1');
		expect(reply).toMatchObject({ from: 'X26ABC2', workflowId: 'TEST_WORKFLOW_ACK', status: 'accepted' });
		const content = JSON.parse((await mesh.sandbox.content(reply.messageId)).toString()) as unknown;
		expect(content).toEqual({ received: messageId, fileName: 'appointments.csv', sha256: file.sha256 });
	});

	it('put a report on the second output, where an alarm can be connected, acknowledge it, and leave acknowledgements to others', async () => {
		const acknowledgement = await mesh.sandbox.putMessage({
			to: 'X26ABC2',
			from: 'X26ABC1',
			workflowId: 'TEST_WORKFLOW_ACK',
			content: '{}',
		});
		const report = await mesh.sandbox.putReport({
			to: 'X26ABC2',
			linkedMessageId: '20300101000000000000_ABCDEF',
			code: '14',
			description: 'Message not collected by recipient after 5 days',
		});
		// Published by the test before: the next look into the mailbox finds it.
		const executions = await mesh.finished(receive, 2);
		expect(executions[1].items(receiveExample.trigger, 0)).toEqual([]);
		expect(executions[1].items('What went wrong')[0].json).toEqual({
			message: '20300101000000000000_ABCDEF',
			reason: 'Message not collected by recipient after 5 days',
			code: '14',
		});
		await statusBecomes(report, 'acknowledged');
		expect(mesh.sandbox.message(acknowledgement)?.status).toBe('accepted');
	});
});
