import { createHash } from 'node:crypto';
import type { MessageSource } from '../types';

/** The hex digest of the whole content, in the form that `mex-content-checksum` takes. Reads the source once. */
export async function digestOf(source: MessageSource, algorithm: 'md5' | 'sha256' | 'sha384', signal?: AbortSignal): Promise<string> {
	const hash = createHash(algorithm);
	for await (const piece of source.read(0, source.size)) {
		signal?.throwIfAborted();
		hash.update(piece);
	}
	return hash.digest('hex');
}
