import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { bufferSource, fileSource, invalidInput, notRead, streamSource } from '../client';
import type { MessageSource } from '../client';
import type { RunHints } from './hints';
import { toNodeError } from './nodeErrors';

/** Content of a binary property, ready to be sent. Close it when the message is sent or has failed. */
export interface BinarySource extends MessageSource {
	close(): Promise<void>;
	fileName?: string;
	mimeType?: string;
}

/**
 * Opens a binary property of an input item without loading it: stored files are read from disk where they lie, other
 * stores are streamed. Only n8n's memory mode has the content in memory, because it is there already.
 * @param property its name, or the file itself
 * @throws NodeOperationError when the item has no such binary property
 */
export async function binarySource(
	context: IExecuteFunctions,
	itemIndex: number,
	property: string | IBinaryData,
	hints: RunHints,
): Promise<BinarySource> {
	const binary = binaryOf(context, itemIndex, property);
	const source = await openOrFail(context, binary);
	hints.warnAboutStore(binary, source.size, 'sent');
	return {
		size: source.size,
		read: (start, end) => source.read(start, end),
		close: async () => await source.close?.(),
		fileName: binary.fileName,
		mimeType: binary.mimeType,
	};
}

/** n8n's own error does not say what the item has instead. */
function binaryOf(context: IExecuteFunctions, itemIndex: number, property: string | IBinaryData): IBinaryData {
	try {
		return context.helpers.assertBinaryData(itemIndex, property);
	} catch (error) {
		const names = Object.keys(context.getInputData()[itemIndex]?.binary ?? {});
		if (typeof property !== 'string' || names.includes(property)) throw toNodeError(context.getNode(), error, itemIndex);
		const has =
			names.length === 0
				? 'The item has no files: put a node in front that gives it one.'
				: `The item has: ${names.map((name) => `'${name}'`).join(', ')}.`;
		throw invalidInput(
			'binaryPropertyName',
			`The item has no file in the binary field '${property}'`,
			`${has} Correct 'Input Binary Field'.`,
		);
	}
}

async function openOrFail(context: IExecuteFunctions, binary: IBinaryData): ReturnType<typeof open> {
	try {
		return await open(context, binary);
	} catch (error) {
		throw notRead(error);
	}
}

async function open({ helpers }: IExecuteFunctions, binary: IBinaryData): Promise<MessageSource & { close?(): Promise<void> | void }> {
	const { id } = binary;
	if (id === undefined) return bufferSource(Buffer.from(binary.data, 'base64'));
	const path = await storedFile(id, (storedId) => helpers.getBinaryPath(storedId));
	if (path !== undefined) return await fileSource(path);
	const { fileSize } = await helpers.getBinaryMetadata(id);
	return streamSource(async () => await helpers.getBinaryStream(id, READ_BYTES), fileSize);
}

/** Bytes per read of stores that are not files: few calls, little memory. */
const READ_BYTES = 256 * 1024;

/** Path of the file behind a stored binary, where n8n keeps its binaries as files of this machine. */
async function storedFile(id: string, getPath: (id: string) => string): Promise<string | undefined> {
	if (!id.startsWith('filesystem')) return undefined;
	const path = getPath(id);
	try {
		return isAbsolute(path) && (await stat(path)).isFile() ? path : undefined;
	} catch {
		return undefined;
	}
}

/** Content from a text, in UTF-8. */
export function textSource(text: string, mimeType: string): BinarySource {
	const { size, read } = bufferSource(Buffer.from(text, 'utf8'));
	return { size, read, mimeType, close: async () => {} };
}
