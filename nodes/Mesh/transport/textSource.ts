import { bufferSource } from '../client/sources';
import type { BinarySource } from './messageSource';

/** Content from a text, in UTF-8. */
export function textSource(text: string, mimeType: string): BinarySource {
	const { size, read } = bufferSource(Buffer.from(text, 'utf8'));
	return { size, read, mimeType, close: async () => {} };
}
