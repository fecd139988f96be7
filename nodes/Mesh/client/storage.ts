import { MeshError, errorCode, isMeshError } from './errors';
import type { MeshErrorDetails } from './errors';

/** Why content could not be written to its place, or read from it. */
interface StorageCause {
	/** Completes "... could not be stored: " and "... could not be read: ". */
	text: string;
	/** What to do about it. */
	hint: string;
	temporary: boolean;
}

const ROOM =
	'Free space where n8n keeps its binary data (N8N_BINARY_DATA_STORAGE_PATH, or else the folder binaryData in the folder of n8n), then run again.';
const RIGHTS = 'Let the user that n8n runs as read and write where n8n keeps its binary data, then run again.';
const PLACE = 'Check that the place where n8n keeps its binary data is there, such as a mounted volume, and that the file still exists.';
const FILES = 'Handle fewer messages at once, or raise the limit on open files of the n8n host, then run again.';
const DATABASE =
	'Raise N8N_BINARY_DATA_DATABASE_MAX_FILE_SIZE, or let n8n keep its binary data on disk or in S3 (N8N_DEFAULT_BINARY_DATA_MODE), then run again.';
const STORE = "Check the place where n8n keeps its binary data (disk, S3 or database) and n8n's log, then run again.";

const passing = (text: string, hint: string): StorageCause => ({ text, hint, temporary: true });
const lasting = (text: string, hint: string): StorageCause => ({ text, hint, temporary: false });

/** Codes of the operating system, and n8n's own error, that have an explanation of their own. */
export const STORAGE_CAUSES: Readonly<Record<string, StorageCause>> = {
	ENOSPC: passing('the disk is full', ROOM),
	EDQUOT: passing('the disk quota of n8n is used up', ROOM),
	EFBIG: lasting('the file is larger than the disk allows', ROOM),
	EROFS: lasting('the disk is read-only', RIGHTS),
	EACCES: lasting('n8n has no permission for it', RIGHTS),
	EPERM: lasting('the operating system does not allow it', RIGHTS),
	ENOENT: lasting('the file or its folder is not there', PLACE),
	ENOTDIR: lasting('the folder is not there', PLACE),
	EIO: passing('the disk reports a fault', STORE),
	EMFILE: passing('too many files are open', FILES),
	ENFILE: passing('too many files are open', FILES),
	FileTooLargeError: lasting('the file is larger than n8n keeps in its database', DATABASE),
};

export const OTHER_STORAGE_CAUSE = passing('the place where it lies reports a fault', STORE);

/** The text of what was thrown is not taken over: it can hold a path, or what a store was asked for. */
function causeOf(thrown: unknown): StorageCause & { code?: string } {
	const code = errorCode(thrown) ?? (thrown instanceof Error ? thrown.constructor.name : undefined);
	if (code !== undefined && Object.hasOwn(STORAGE_CAUSES, code)) return { ...STORAGE_CAUSES[code], code };
	return { ...OTHER_STORAGE_CAUSE, code: errorCode(thrown) };
}

function storageError(what: string, { text, code, temporary }: StorageCause & { code?: string }, details: MeshErrorDetails): MeshError {
	const title = `${what}: ${text}`;
	return new MeshError(code ? `${title} (${code})` : title, { title, networkCode: code, temporary, ...details });
}

/** The content of a received message could not be stored. */
export function notStored(messageId: string, thrown: unknown): MeshError {
	if (isMeshError(thrown)) return thrown; // the download itself failed
	const cause = causeOf(thrown);
	return storageError(`The content of message ${messageId} could not be stored`, cause, {
		code: 'MESH_STORAGE',
		messageId,
		hint: `The message was not acknowledged and is still in the inbox. ${cause.hint}`,
	});
}

/** The content of a message to be sent could not be read. */
export function notRead(thrown: unknown): MeshError {
	if (isMeshError(thrown)) return thrown;
	const cause = causeOf(thrown);
	return storageError('The content could not be read', cause, {
		code: 'MESH_INVALID_INPUT',
		parameter: 'source',
		hint: cause.hint,
		retryable: false,
	});
}
