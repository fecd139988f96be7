import { MeshError } from '../errors';
import type { HttpResponse } from './types';

/** Far above any real answer: 5,000 message IDs take less than half a megabyte. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** The JSON object in a response; an answer that is not one, or is endless, is a `MESH_PROTOCOL` error. */
export async function readJsonObject(response: HttpResponse, call: string): Promise<Record<string, unknown>> {
	const { bytes, complete } = await response.body.read(MAX_JSON_BYTES);
	if (!complete) throw unreadable(call, response.status, `more than ${MAX_JSON_BYTES / 1024 / 1024} MiB of it`);
	const value = parse(bytes.toString('utf8'));
	if (!isObject(value)) throw unreadable(call, response.status, 'it is not the JSON that MESH sends');
	return value;
}

export const isJsonObject = (text: string): boolean => isObject(parse(text));

/** An answer that breaks the protocol; asking again may help, as something on the way can have damaged it. */
export function unreadable(call: string, httpStatus: number | undefined, why: string): MeshError {
	return new MeshError(`Could not ${call}: the answer cannot be understood, ${why}`, {
		code: 'MESH_PROTOCOL',
		call,
		httpStatus,
		hint: 'What answers there may not be MESH, or something in between changes the answer. Check the base URL and the proxy settings.',
		temporary: true,
	});
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
