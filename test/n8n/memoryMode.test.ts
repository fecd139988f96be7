import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { digestBinary, listFinished, runWorkflow, waitForExecution } from '../../n8n-lab/rest/executions';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { chain, manualTrigger, meshTrigger, sendNode } from './support/workflowBuilder';

const RUN_TIMEOUT_MS = 60_000;
const POLL_TIMEOUT_MS = 130_000;
const SHARED_KEY = 'a-shared-key-that-stands-out';
const PASSWORD = 'a-password-that-stands-out';
const CONTENT = 'a result that stands out, '.repeat(4_000);

let sandbox: Sandbox;
let n8n: OwnN8n;

beforeAll(async () => {
	const mailboxes = ['X26ABC1', 'X26ABC2'].map((mailboxId) => ({ mailboxId, odsCode: 'X26', password: PASSWORD }));
	sandbox = await startSandbox({ mailboxes, sharedKey: SHARED_KEY });
	// "default" is n8n's name for memory.
	n8n = await prepareOwnN8n({ N8N_DEFAULT_BINARY_DATA_MODE: 'default', N8N_LOG_LEVEL: 'debug' });
	await n8n.start();
}, 300_000);

afterAll(async () => {
	await n8n.close();
	await sandbox.close();
});

describe('an n8n that keeps files in memory and logs all it does', () => {
	it('sends and receives a file, and has no secret and no content in its log', async () => {
		const rest = await n8n.signIn();
		const save = async (mailboxId: string) => {
			const credential = sandboxCredential(mailboxId, sandbox.url, clientCertificates(sandbox.certificates));
			return await saveCredential(rest, { ...credential, data: { ...credential.data, mailboxPassword: PASSWORD, sharedKey: SHARED_KEY } });
		};
		const makeFile = {
			name: 'Make',
			type: 'n8n-nodes-base.code',
			typeVersion: 2,
			parameters: {
				jsCode: `return [{ json: {}, binary: { data: { data: '${Buffer.from(CONTENT).toString('base64')}', mimeType: 'text/plain', fileName: 'result.txt' } } }];`,
			},
		};
		const send = await createWorkflow(
			rest,
			chain(
				'memory: send',
				manualTrigger(),
				makeFile,
				sendNode(await save('X26ABC1'), 'X26ABC2', { options: { chunkSize: 40_000 / 1_048_576 } }),
			),
		);
		const sent = await waitForExecution(rest, await runWorkflow(rest, send.id, 'Start'), RUN_TIMEOUT_MS);
		expect([sent.status, sent.error]).toEqual(['success', undefined]);
		const messageId = String(sent.items('Send')[0].json.messageId);

		const receive = await createWorkflow(rest, chain('memory: receive', meshTrigger(await save('X26ABC2'))));
		await publishWorkflow(rest, receive.id);
		const [{ id }] = await eventually(
			'a finished execution',
			async () => {
				const finished = await listFinished(rest, receive.id);
				return finished.length > 0 ? finished : undefined;
			},
			POLL_TIMEOUT_MS,
		);
		const [item] = (await waitForExecution(rest, id, RUN_TIMEOUT_MS)).items('Arrives');
		expect(item.json).toMatchObject({ messageId, bytes: CONTENT.length });
		expect(item.binary?.data.id).toBeUndefined();
		const sha256 = createHash('sha256').update(CONTENT).digest('hex');
		await expect(digestBinary(rest, item.binary!.data)).resolves.toEqual({ sha256, bytes: CONTENT.length });
		await eventually(
			'the message is acknowledged',
			() => (sandbox.message(messageId)?.status === 'acknowledged' ? true : undefined),
			RUN_TIMEOUT_MS,
		);

		const log = await readFile(n8n.logFile, 'utf8');
		const told = [
			`Message ${messageId}: chunk 2 of 3 sent`,
			`Message ${messageId} sent: 3 chunks`,
			`Message ${messageId} received: 3 chunks`,
			`Message ${messageId} acknowledged`,
		];
		expect(told.filter((text) => !log.includes(text))).toEqual([]);
		expect(/Polling trigger initiated|Received event to trigger execution/.test(log)).toBe(true);
		for (const secret of [SHARED_KEY, PASSWORD, 'PRIVATE KEY', 'NHSMESH ', 'stands out'])
			expect([secret, log.includes(secret)]).toEqual([secret, false]);
	});
});
