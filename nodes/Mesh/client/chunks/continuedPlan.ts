import { invalidInput } from '../errors';
import type { UploadState } from '../types';
import { checkSize, MAX_REQUEST_BYTES } from './chunkPlan';
import type { ChunkPlan } from './chunkPlan';

const PARAMETER = 'continueFrom';

/** The plan of an upload that is to go on: it must be the same content, cut in the same way. */
export function continuedPlan(size: number, state: UploadState): ChunkPlan {
	const { chunkSize, chunkCount, nextChunk, messageId, compressed } = state;
	checkSize(size);
	if (size !== state.size) {
		throw invalidInput(
			PARAMETER,
			`The content has ${size} bytes, but the interrupted upload was of ${state.size}`,
			'Continue with exactly the same content, or send it anew as another message.',
		);
	}
	const sane =
		typeof messageId === 'string' &&
		/^[!-~]{1,200}$/.test(messageId) &&
		Number.isSafeInteger(chunkSize) &&
		chunkSize >= 1 &&
		chunkSize <= MAX_REQUEST_BYTES &&
		chunkCount === Math.ceil(size / chunkSize) &&
		Number.isSafeInteger(nextChunk) &&
		nextChunk >= 2 &&
		nextChunk <= chunkCount &&
		typeof compressed === 'boolean';
	if (!sane) {
		throw invalidInput(
			PARAMETER,
			'The state of the interrupted upload does not fit together',
			'Use the upload state exactly as the error of the interrupted send gave it.',
		);
	}
	return { size, chunkSize, chunkCount, compressed };
}
