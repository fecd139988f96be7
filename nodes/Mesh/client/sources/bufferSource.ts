import type { MessageSource } from '../types';

/** Content that is in memory already. */
export function bufferSource(bytes: Uint8Array): MessageSource {
	return {
		size: bytes.length,
		async *read(start, end) {
			yield bytes.subarray(start, end);
		},
	};
}
