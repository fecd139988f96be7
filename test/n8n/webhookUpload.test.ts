import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import FormData from 'form-data';
import { digestBinary } from '../../n8n-lab/rest/executions';
import { eventually } from './support/eventually';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { sharedN8n } from './support/sharedN8n';
import { chain, meshTrigger, sendNode } from './support/workflowBuilder';

const PATH = 'upload-for-mesh';
const WEBHOOK_TIMEOUT_MS = 30_000;
const content = randomBytes(3_000_000);

let mesh: MeshFixture;

beforeAll(async () => (mesh = await startMesh()));

afterAll(async () => await mesh.close());

/** Posts a form with one file. @returns the parsed answer */
async function upload(url: string): Promise<{ status?: number; body: string }> {
	const form = new FormData();
	form.append('file', content, { filename: 'scan.bin', contentType: 'application/octet-stream' });
	return await new Promise((resolve, reject) => {
		const outgoing = request(url, { method: 'POST', headers: form.getHeaders() }, (response) => {
			text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
		});
		outgoing.on('error', reject);
		form.pipe(outgoing);
	});
}

describe('a file uploaded to an n8n webhook as multipart', () => {
	it('becomes a MESH message and is received again, byte for byte, with its name', async () => {
		await mesh.publish(
			chain(
				'upload',
				{
					name: 'Webhook',
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					parameters: { httpMethod: 'POST', path: PATH, responseMode: 'lastNode', options: {} },
					more: { webhookId: '1f9b2c1e-7d0a-4a56-9c6b-2f6d3b1f0a77' },
				},
				sendNode(mesh.credentials.X26ABC1, 'X26ABC2', {
					binaryPropertyName: 'file',
					options: { chunkSize: 1, fileName: '={{ $binary.file.fileName }}' },
				}),
			),
		);
		// n8n opens the webhooks of a published workflow a little later.
		const answer = await eventually(
			'the webhook answers',
			async () => {
				const answered = await upload(`${sharedN8n().url}/webhook/${PATH}`);
				return answered.status === 404 ? undefined : answered;
			},
			WEBHOOK_TIMEOUT_MS,
		);
		expect(answer.status).toBe(200);
		const sent = JSON.parse(answer.body) as { messageId: string; bytes: number; chunkCount: number };
		expect(sent).toMatchObject({ bytes: content.length, chunkCount: 3 });

		const receive = await mesh.publish(chain('upload: receive', meshTrigger(mesh.credentials.X26ABC2)));
		const [received] = await mesh.finished(receive);
		const [item] = received.items('Arrives');
		expect(item.json).toMatchObject({ messageId: sent.messageId, fileName: 'scan.bin' });
		await expect(digestBinary(mesh.rest, item.binary!.data)).resolves.toEqual({
			sha256: createHash('sha256').update(content).digest('hex'),
			bytes: content.length,
		});
		expect(mesh.sandbox.message(sent.messageId)?.status).toBe('acknowledged');
	});
});
