import { createHash } from 'node:crypto';
import type { ExecutionBinary } from './executions';
import type { N8nRest } from './restClient';
import { problem } from '../problem';

/** SHA-256 (hex) and size of a file that an execution holds, read through n8n as the editor's Download does. */
export async function digestBinary(rest: N8nRest, binary: ExecutionBinary): Promise<{ sha256: string; bytes: number }> {
	const hash = createHash('sha256');
	let bytes = 0;
	for await (const part of readBinary(rest, binary)) {
		hash.update(part);
		bytes += part.byteLength;
	}
	return { sha256: hash.digest('hex'), bytes };
}

async function* readBinary(rest: N8nRest, binary: ExecutionBinary): AsyncGenerator<Uint8Array> {
	if (!binary.id) {
		yield Buffer.from(binary.data ?? '', 'base64');
		return;
	}
	const query = new URLSearchParams({ id: binary.id, action: 'download', fileName: binary.fileName ?? 'file', mimeType: binary.mimeType });
	const response = await rest.request('GET', `/rest/binary-data?${query.toString()}`);
	if (!response.ok || !response.body) throw problem(`n8n refused to hand out the content of an execution (${response.status})`);
	for await (const part of response.body) yield part as Uint8Array;
}
