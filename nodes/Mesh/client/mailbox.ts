import { arch, platform, release } from 'node:os';
import { isObject, notFromMesh } from './answers';
import { endpoints } from './endpoints';
import { invalidInput } from './errors';
import { exchange } from './exchange';
import type { CallOptions, MeshConnection } from './exchange';
import { isMessageId } from './values';
import { shownLine } from './redaction';
import type { Redact } from './redaction';

export interface DirectoryEntry {
	mailboxId: string;
	mailboxName?: string;
}

// ---- mailbox -------------------------------------------------------------------------------------------------------

/** Outcome of the handshake ("validate a mailbox"). */
export interface Handshake {
	mailboxId: string;
	/** The `Date` header of the answer, if it could be read: for measuring clock difference. */
	serverTime?: Date;
	/** Server time minus our time, in milliseconds, taken at the middle of the exchange. */
	clockDifferenceMs?: number;
}

/** Validates the mailbox (MESH API, handshake): due once a day, and the way to see whether a credential works. */
export async function handshake(connection: MeshConnection, options: CallOptions = {}): Promise<Handshake> {
	const { mailboxId, clientVersion } = connection.settings;
	return await exchange(connection, {
		call: 'validate the mailbox',
		method: 'POST',
		path: endpoints.handshake(mailboxId),
		headers: {
			'mex-clientversion': clientVersion,
			'mex-osname': platform(),
			'mex-osversion': release(),
			'mex-osarchitecture': arch(),
		},
		repeat: 'read',
		signal: options.signal,
		success: {
			form: 'nothing',
			id: mailboxId,
			read({ serverTime, clockDifferenceMs }) {
				connection.logger.info('Mailbox validated');
				return serverTime ? { mailboxId, serverTime, clockDifferenceMs } : { mailboxId };
			},
		},
	});
}

/** How many messages wait in the inbox (MESH API, count; deprecated there). */
export async function countMessages(connection: MeshConnection, options: CallOptions = {}): Promise<number> {
	return await exchange(connection, {
		call: 'count the messages',
		method: 'GET',
		path: endpoints.count(connection.settings.mailboxId),
		repeat: 'read',
		signal: options.signal,
		success: {
			form: 'object',
			read({ count }) {
				if (!Number.isSafeInteger(count) || Number(count) < 0) throw notFromMesh('it holds no count');
				return Number(count);
			},
		},
	});
}

const MAX_ENTRIES = 1_000_000;
const MAX_NAME = 1_000;

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

async function requestEntries(connection: MeshConnection, call: string, path: string, { signal }: CallOptions): Promise<DirectoryEntry[]> {
	const { redact } = connection.settings;
	const read = ({ results }: Record<string, unknown>): DirectoryEntry[] => {
		const entries =
			Array.isArray(results) && results.length <= MAX_ENTRIES ? results.map((result) => directoryEntry(result, redact)) : [undefined];
		if (!entries.every((entry) => entry !== undefined)) throw notFromMesh('it holds no proper list of mailboxes');
		return entries;
	};
	return await exchange(connection, { call, method: 'GET', path, repeat: 'read', signal, success: { form: 'object', read } });
}

/** v2 says `mailbox_id` and `mailbox_name`, v1 `address` and `description`. */
function directoryEntry(value: unknown, redact: Redact): DirectoryEntry | undefined {
	if (!isObject(value)) return undefined;
	const { mailbox_id, mailbox_name, address, description } = value;
	const mailboxId = mailbox_id ?? address;
	const mailboxName = mailbox_name ?? description;
	if (!isMessageId(mailboxId)) return undefined; // an ID all the same: printable and of sane length
	const name = typeof mailboxName === 'string' ? shownLine(mailboxName, redact, MAX_NAME) : '';
	return name === '' ? { mailboxId } : { mailboxId, mailboxName: name };
}

function required(parameter: string, title: string, value: string): string {
	const text = value.trim();
	if (text === '') throw invalidInput(parameter, `The ${title} is empty`, `Give the ${title}.`);
	if (/[^ -~]/.test(text) || text.length > 300) {
		throw invalidInput(parameter, `This is not a ${title}`, 'Use printable ASCII, 300 characters at most.');
	}
	return text;
}
