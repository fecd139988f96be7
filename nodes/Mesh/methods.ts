import type {
	ICredentialTestFunctions,
	ICredentialsDecrypted,
	ILoadOptionsFunctions,
	INodeCredentialTestResult,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { INTERACTIVE, MeshClient, invalidInput } from './client';
import type { DirectoryEntry } from './client';
import { credentialFacts, toClientOptions } from './transport/credential';
import type { MeshApiCredentials } from './transport/credential';
import { getMeshClient } from './transport/meshClient';
import { explainConnectionFailure, toNodeError } from './transport/nodeErrors';
import type { CredentialFacts } from './transport/nodeErrors';

/**
 * The connection test of the credential, which n8n runs on Save and Retry: performs the handshake of MESH ("validate a mailbox") over a
 * connection of its own, so that what is tested is what was typed, and says in plain words what is wrong.
 */
export async function meshApiConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	let client: MeshClient | undefined;
	let facts: CredentialFacts | undefined;
	try {
		const options = toClientOptions((credential.data ?? {}) as unknown as MeshApiCredentials);
		facts = credentialFacts(options);
		client = new MeshClient({ ...options, ...INTERACTIVE });
		const { mailboxId } = await client.handshake();
		return { status: 'OK', message: `Connected to MESH as mailbox ${mailboxId}` };
	} catch (error) {
		return { status: 'Error', message: explainConnectionFailure(error, facts) };
	} finally {
		await client?.close();
	}
}

/** The codes of the Organisation Data Service: a search text of this form is looked up as one. */
const ODS_CODE = /^[A-Za-z0-9]{3,12}$/;

/**
 * Mailboxes to choose from in the editor: those registered for the node's workflow ID whose name or ID holds the search text,
 * and those of the organisation whose ODS code it is (MESH API, workflow search and endpoint lookup).
 */
export async function searchMailboxes(this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
	try {
		const workflowId = readWorkflowId(this.getCurrentNodeParameter('workflowId'));
		const client = await getMeshClient(this);
		return { results: toItems(await findMailboxes(client, workflowId, filter.trim())) };
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}

function readWorkflowId(value: unknown): string {
	const text = typeof value === 'string' ? value.trim() : '';
	if (text === '')
		throw invalidInput(
			'workflowId',
			'The list needs a workflow ID',
			"Fill in 'Workflow ID' first, or enter the recipient by its mailbox ID. If it is an expression, run the previous nodes first.",
		);
	if (text.startsWith('='))
		throw invalidInput('workflowId', 'The list needs a fixed workflow ID, not an expression', 'Enter the recipient by its mailbox ID.');
	return text;
}

async function findMailboxes(client: MeshClient, workflowId: string, filter: string): Promise<DirectoryEntry[]> {
	const [registered, ofOrganisation] = await Promise.all([
		client.searchByWorkflow(workflowId),
		ODS_CODE.test(filter) ? client.lookUpMailboxes(filter.toUpperCase(), workflowId) : [],
	]);
	if (registered.length === 0 && ofOrganisation.length === 0) {
		throw invalidInput(
			'workflowId',
			`No mailbox is registered for the workflow ID ${workflowId}`,
			"Check its spelling; upper and lower case matter. To send all the same, choose 'By Mailbox ID'.",
		);
	}
	const text = filter.toLowerCase();
	const found = [
		...ofOrganisation,
		...registered.filter(({ mailboxId, mailboxName = '' }) => `${mailboxName} ${mailboxId}`.toLowerCase().includes(text)),
	];
	if (found.length > 0 || !ODS_CODE.test(filter)) return found;
	// The workflow ID is right: others are registered for it.
	throw invalidInput(
		'to',
		`No mailbox for the workflow ID ${workflowId} has '${filter}' in its name or ID, and no organisation of that ODS code has one`,
		'Check the search text, or ask the organisation whether it receives this workflow in this environment.',
	);
}

function toItems(entries: DirectoryEntry[]): INodeListSearchItems[] {
	const byId = new Map(
		entries.map(({ mailboxId, mailboxName }) => [
			mailboxId,
			{ name: mailboxName ? `${mailboxName} (${mailboxId})` : mailboxId, value: mailboxId },
		]),
	);
	return [...byId.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
