import { saveCredential, sandboxCredential } from '../../../n8n-lab/rest/credentials';
import { listFinished, runWorkflow, waitForExecution } from '../../../n8n-lab/rest/executions';
import type { Execution } from '../../../n8n-lab/rest/executions';
import type { N8nRest } from '../../../n8n-lab/rest/restClient';
import { createWorkflow, publishWorkflow, unpublishWorkflow } from '../../../n8n-lab/rest/workflows';
import type { WorkflowFile } from '../../../n8n-lab/rest/workflows';
import { startSandbox } from '../../../sandbox';
import type { CertificateSet, Sandbox } from '../../../sandbox';
import { eventually } from './eventually';
import { signIn } from './sharedN8n';

/** A sandbox of the test file's own, known to n8n by credentials for two of its mailboxes. */
export interface MeshFixture {
	sandbox: Sandbox;
	rest: N8nRest;
	/** Credential IDs. */
	credentials: { X26ABC1: string; X26ABC2: string };
	/** Creates a workflow and starts its triggers. @returns its ID */
	publish(workflow: WorkflowFile): Promise<string>;
	/** Creates a workflow, runs it by hand from its Manual Trigger, and waits for the end. */
	run(workflow: WorkflowFile, timeoutMs?: number): Promise<Execution>;
	/** Waits until a workflow has finished `count` executions; all of them, oldest first. */
	finished(workflowId: string, count?: number, timeoutMs?: number): Promise<Execution[]>;
	/** Stops the triggers of all workflows, as close() does: two of them would both take the messages of one mailbox. */
	unpublish(): Promise<void>;
	close(): Promise<void>;
}

const RUN_TIMEOUT_MS = 60_000;
/** A polling trigger looks at once when published, and then once a minute. */
const POLL_TIMEOUT_MS = 130_000;
const READ_TIMEOUT_MS = 10_000;

export async function startMesh(): Promise<MeshFixture> {
	const sandbox = await startSandbox();
	const rest = await signIn();
	const certificates = clientCertificates(sandbox.certificates);
	const save = async (mailbox: string) => await saveCredential(rest, sandboxCredential(mailbox, sandbox.url, certificates));
	const published: string[] = [];
	const unpublish = async () => {
		for (const id of published.splice(0)) await unpublishWorkflow(rest, id);
	};
	return {
		sandbox,
		rest,
		credentials: { X26ABC1: await save('X26ABC1'), X26ABC2: await save('X26ABC2') },
		async publish(workflow) {
			const { id } = await createWorkflow(rest, workflow);
			published.push(id);
			await publishWorkflow(rest, id);
			return id;
		},
		async run(workflow, timeoutMs = RUN_TIMEOUT_MS) {
			const trigger = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
			if (!trigger) throw new Error(`The workflow "${workflow.name}" has no Manual Trigger`);
			const { id } = await createWorkflow(rest, workflow);
			return await waitForExecution(rest, await runWorkflow(rest, id, trigger.name), timeoutMs);
		},
		async finished(workflowId, count = 1, timeoutMs = POLL_TIMEOUT_MS) {
			const summaries = await eventually(
				`${count} finished executions of workflow ${workflowId}`,
				async () => {
					const list = await listFinished(rest, workflowId);
					return list.length >= count ? list.reverse() : undefined;
				},
				timeoutMs,
			);
			return await Promise.all(summaries.map(async ({ id }) => await waitForExecution(rest, id, READ_TIMEOUT_MS)));
		},
		unpublish,
		async close() {
			await unpublish();
			await sandbox.close();
		},
	};
}

/** What a client needs of a sandbox's certificates. */
export function clientCertificates({ ca, client }: CertificateSet) {
	return { ca, certificate: client.certificate, privateKey: client.privateKey };
}
