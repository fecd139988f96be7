import { invalidInput, type UploadState } from '../../../client';

/**
 * Reads the option Continue Upload: the object that a failed send gave as `error.upload`, or its JSON. Undefined when empty.
 * The client checks that the numbers fit the content.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function readUploadState(value: unknown): UploadState | undefined {
	if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined;
	const state = typeof value === 'string' ? parse(value) : value;
	if (!isObject(state)) throw notAnUpload();
	if (Object.keys(state).length === 0) return undefined;
	const { messageId, localId, nextChunk, chunkCount, chunkSize, compressed, size } = state;
	if (typeof messageId !== 'string' || typeof compressed !== 'boolean') throw notAnUpload();
	if (typeof nextChunk !== 'number' || typeof chunkCount !== 'number' || typeof chunkSize !== 'number' || typeof size !== 'number') throw notAnUpload();
	return { messageId, nextChunk, chunkCount, chunkSize, compressed, size, ...(typeof localId === 'string' ? { localId } : {}) };
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw notAnUpload();
	}
}

function notAnUpload() {
	return invalidInput(
		'continueUpload',
		"'Continue Upload' does not hold the state of an upload",
		'Give it exactly what the failed send put out: {{ $json.error.upload }}, or the JSON at the end of the error message. Leave it empty to send a new message.',
	);
}
