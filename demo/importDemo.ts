import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { readExamples, startsByItself } from '../n8n-lab/exampleWorkflows';
import { saveCredential } from '../n8n-lab/rest/credentials';
import type { CredentialInput } from '../n8n-lab/rest/credentials';
import type { N8nRest } from '../n8n-lab/rest/restClient';
import { createWorkflow, findWorkflow, publishWorkflow, updateWorkflow } from '../n8n-lab/rest/workflows';
import type { WorkflowFile } from '../n8n-lab/rest/workflows';

/** Digests of what was imported, by name or ID: what has not changed is left alone, and so are a person's edits. */
type Imported = Record<string, string>;

/**
 * Brings credentials and example workflows into n8n and publishes those that start by themselves.
 * @param recordFile remembers what was imported
 * @returns how many were new or changed
 */
export async function importDemo(rest: N8nRest, credentials: CredentialInput[], recordFile: string): Promise<number> {
	const imported = JSON.parse(await readFile(recordFile, 'utf8').catch(() => '{}')) as Imported;
	let changes = 0;
	for (const credential of credentials) {
		if (imported[credential.name] === digestOf(credential)) continue;
		await saveCredential(rest, credential);
		imported[credential.name] = digestOf(credential);
		changes += 1;
	}
	for (const [file, workflow] of await readExamples()) {
		const stored = await findWorkflow(rest, workflow.id);
		const current = stored && imported[workflow.id] === digestOf(workflow);
		if (!current) {
			await (stored ? updateWorkflow(rest, workflow.id, workflow) : createWorkflow(rest, workflow));
			imported[workflow.id] = digestOf(workflow);
			changes += 1;
		}
		if (startsByItself(file, workflow) && !(current && stored.active)) await publishWorkflow(rest, workflow.id);
	}
	await writeFile(recordFile, JSON.stringify(imported, null, '\t'));
	return changes;
}

function digestOf(content: CredentialInput | WorkflowFile): string {
	return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
