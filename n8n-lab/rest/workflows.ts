import type { N8nRest } from './restClient';

/** A node inside an exported workflow. */
export interface WorkflowNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
	[property: string]: unknown;
}

/** A workflow as the editor's Download writes it. */
export interface WorkflowFile {
	/** Kept by n8n 2.x: lets a later import find the workflow again. */
	id?: string;
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
}

export interface StoredWorkflow extends WorkflowFile {
	id: string;
	versionId: string;
	active: boolean;
}

/**
 * Creates a workflow. Its nodes' credentials are found by their names when the IDs are those of another n8n. n8n 1.x gives
 * it an ID of its own, and looks for credentials only in a project that is named.
 */
export async function createWorkflow(rest: N8nRest, workflow: WorkflowFile): Promise<StoredWorkflow> {
	const { id: projectId } = await rest.call<{ id: string }>('GET', '/rest/projects/personal');
	return await rest.call('POST', '/rest/workflows', { settings: { executionOrder: 'v1' }, ...workflow, projectId, active: false });
}

/** Overwrites a workflow's nodes; a published one goes on in its published version until it is published again. */
export async function updateWorkflow(rest: N8nRest, id: string, workflow: WorkflowFile): Promise<StoredWorkflow> {
	const { versionId } = await rest.call<StoredWorkflow>('GET', `/rest/workflows/${id}`);
	return await rest.call('PATCH', `/rest/workflows/${id}?forceSave=true`, { ...workflow, id, versionId });
}

/** The workflow, or undefined when there is none (any more). */
export async function findWorkflow(rest: N8nRest, id: string): Promise<StoredWorkflow | undefined> {
	const response = await rest.request('GET', `/rest/workflows/${id}`);
	if (response.status === 404 || response.status === 403) return undefined;
	return ((await response.json()) as { data: StoredWorkflow }).data;
}

/** Publishes the current version: its triggers run. */
export async function publishWorkflow(rest: N8nRest, id: string): Promise<void> {
	const { versionId } = await rest.call<StoredWorkflow>('GET', `/rest/workflows/${id}`);
	await rest.call('POST', `/rest/workflows/${id}/activate`, { versionId });
}

/** Stops the triggers. */
export async function unpublishWorkflow(rest: N8nRest, id: string): Promise<void> {
	await rest.call('POST', `/rest/workflows/${id}/deactivate`, {});
}
