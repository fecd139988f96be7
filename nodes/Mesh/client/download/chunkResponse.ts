import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { MeshError } from '../errors';
import { exchange } from '../exchange';
import { unreadable } from '../http/readJson';
import type { ResponseBody } from '../http/responseBody';
import { headerOf } from '../http/types';
import type { ResponseHeaders } from '../http/types';
import { checkFromMesh } from '../headers/checkFromMesh';
import { parseChunkRange } from '../headers/chunkRange';
import type { ChunkRange } from '../headers/chunkRange';

export const DOWNLOAD_CALL = 'download the message';

/** A chunk whose headers have come; its body is still to be read. */
export interface ChunkResponse {
	status: number;
	headers: ResponseHeaders;
	/** Absent where MESH sent none. */
	range?: ChunkRange;
	gzipped: boolean;
	/** Transmitted bytes of the body, where announced. */
	announcedBytes?: number;
	body: ResponseBody;
}

/** Requests one chunk (MESH API, download message and chunks). How it is encoded is told by `content-encoding` alone. */
export async function requestChunk(
	connection: MeshConnection,
	messageId: string,
	chunk: number,
	signal: AbortSignal,
): Promise<ChunkResponse> {
	return await exchange(
		connection,
		{
			call: DOWNLOAD_CALL,
			method: 'GET',
			path: endpoints.messageChunk(connection.settings.mailboxId, messageId, chunk),
			headers: { 'accept-encoding': 'gzip' },
			repeat: 'read',
			signal,
			messageId,
		},
		async ({ status, headers, body }) => {
			checkFromMesh({ status, headers }, DOWNLOAD_CALL);
			const rawRange = headerOf(headers, 'mex-chunk-range')?.trim();
			const range = parseChunkRange(rawRange);
			if (rawRange && !range) throw integrityError(messageId, 'its chunk range cannot be read');
			const length = headerOf(headers, 'content-length');
			return {
				status,
				headers,
				range,
				gzipped: isGzip(headerOf(headers, 'content-encoding')),
				announcedBytes: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
				body,
			};
		},
	);
}

function isGzip(encoding: string | undefined): boolean {
	const name = encoding?.trim().toLowerCase() ?? '';
	if (name === '' || name === 'identity') return false;
	if (name === 'gzip' || name === 'x-gzip') return true;
	throw unreadable(DOWNLOAD_CALL, 200, 'its content encoding is not one that was asked for');
}

/** Bytes or counts that do not agree with what was announced. */
export function integrityError(messageId: string, why: string): MeshError {
	return new MeshError(`Could not ${DOWNLOAD_CALL}: ${why}`, {
		code: 'MESH_INTEGRITY',
		call: DOWNLOAD_CALL,
		messageId,
		hint: 'Nothing of it was acknowledged, so it can be downloaded again. If it happens again, something on the way damages the data, or the sender split the message wrongly.',
		temporary: true,
	});
}
