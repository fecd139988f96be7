import { randomBytes } from 'node:crypto';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { runWorkflow, waitForExecution } from '../../n8n-lab/rest/executions';
import type { Execution } from '../../n8n-lab/rest/executions';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { createWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { clientCertificates } from './support/meshFixture';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { chain, manualTrigger, sendNode } from './support/workflowBuilder';
import type { NodeSpecification } from './support/workflowBuilder';

const RUN_TIMEOUT_MS = 60_000;
const LIMIT_MIB = 1;
const MAILBOX = 'X26ABC2';

let sandbox: Sandbox;
let n8n: OwnN8n;
let rest: N8nRest;
let credential: string;

beforeAll(async () => {
	sandbox = await startSandbox();
	n8n = await prepareOwnN8n({ N8N_DEFAULT_BINARY_DATA_MODE: 'database', N8N_BINARY_DATA_DATABASE_MAX_FILE_SIZE: String(LIMIT_MIB) });
	await n8n.start();
	rest = await n8n.signIn();
	credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
}, 300_000);

afterAll(async () => {
	await n8n.close();
	await sandbox.close();
});

function download(messageId: string): NodeSpecification {
	const parameters = { resource: 'message', operation: 'download', messageId, options: { acknowledge: true } };
	return { name: 'Download', type: 'n8n-nodes-nhs-mesh.mesh', credential, parameters };
}

async function run(...nodes: NodeSpecification[]): Promise<Execution> {
	const { id } = await createWorkflow(rest, chain('database mode', manualTrigger(), ...nodes));
	return await waitForExecution(rest, await runWorkflow(rest, id, 'Start'), RUN_TIMEOUT_MS);
}

describe('an n8n that keeps files in its database', () => {
	it('receives a file, acknowledges it, and sends it on in chunks, byte for byte', async () => {
		const content = randomBytes(900_000);
		const messageId = await sandbox.putMessage({ to: MAILBOX, content });
		const execution = await run(download(messageId), sendNode(credential, 'X26ABC1', { options: { chunkSize: 0.25 } }));
		expect([execution.status, execution.error]).toEqual(['success', undefined]);
		expect(execution.items('Download')[0].binary?.data.id).toMatch(/^database:/);
		expect(sandbox.message(messageId)?.status).toBe('acknowledged');
		const sent = execution.items('Send')[0].json;
		expect(sent).toMatchObject({ bytes: content.length });
		expect(sandbox.message(String(sent.messageId))?.chunkCount).toBe(4);
		expect(content.equals(await sandbox.content(String(sent.messageId)))).toBe(true);
	});

	it('fails with a reason on a file that n8n does not take, and leaves its message in the inbox', async () => {
		const messageId = await sandbox.putMessage({ to: MAILBOX, content: randomBytes((LIMIT_MIB + 1) * 1024 * 1024) });
		const execution = await run(download(messageId));
		expect(execution.status).toBe('error');
		expect(execution.error?.message).toMatch(/could not be stored: the file is larger than n8n keeps in its database/);
		expect(sandbox.inbox(MAILBOX)).toEqual([messageId]);
	});
});
