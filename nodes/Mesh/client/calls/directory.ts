import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { invalidInput } from '../errors';
import { exchange } from '../exchange';
import { readJsonObject, unreadable } from '../http/readJson';
import type { CallOptions, DirectoryEntry } from '../types';

const MAX_ENTRIES = 1_000_000;

/** The mailboxes of an organisation that take a workflow (MESH API, endpoint lookup). Several are normal, none is no error. */
export async function lookUpMailboxes(
	connection: MeshConnection,
	odsCode: string,
	workflowId: string,
	options: CallOptions = {},
): Promise<DirectoryEntry[]> {
	const path = endpoints.endpointLookup(required('odsCode', 'ODS code', odsCode), required('workflowId', 'workflow ID', workflowId));
	return await requestEntries(connection, 'look up mailboxes', path, options);
}

/** All mailboxes that take a workflow (MESH API, workflow search). */
export async function searchByWorkflow(
	connection: MeshConnection,
	workflowId: string,
	options: CallOptions = {},
): Promise<DirectoryEntry[]> {
	const path = endpoints.workflowSearch(required('workflowId', 'workflow ID', workflowId));
	return await requestEntries(connection, 'search by workflow', path, options);
}

async function requestEntries(
	connection: MeshConnection,
	call: string,
	path: string,
	{ signal }: CallOptions,
): Promise<DirectoryEntry[]> {
	return await exchange(connection, { call, method: 'GET', path, repeat: 'read', signal }, async (response) => {
		const { results } = await readJsonObject(response, call);
		const entries = Array.isArray(results) && results.length <= MAX_ENTRIES ? results.map(directoryEntry) : [undefined];
		if (!entries.every((entry) => entry !== undefined)) throw unreadable(call, response.status, 'it holds no proper list of mailboxes');
		return entries;
	});
}

/** v2 says `mailbox_id` and `mailbox_name`, v1 `address` and `description`. */
function directoryEntry(value: unknown): DirectoryEntry | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	const { mailbox_id, mailbox_name, address, description } = value as Record<string, unknown>;
	const mailboxId = mailbox_id ?? address;
	const mailboxName = mailbox_name ?? description;
	if (typeof mailboxId !== 'string' || mailboxId === '' || mailboxId.length > 200) return undefined;
	return typeof mailboxName === 'string' && mailboxName !== '' ? { mailboxId, mailboxName: mailboxName.slice(0, 1_000) } : { mailboxId };
}

function required(parameter: string, title: string, value: string): string {
	const text = value.trim();
	if (text === '') throw invalidInput(parameter, `The ${title} is empty`, `Give the ${title}.`);
	if (/[^ -~]/.test(text) || text.length > 300) {
		throw invalidInput(parameter, `This is not a ${title}`, 'Use printable ASCII, 300 characters at most.');
	}
	return text;
}
