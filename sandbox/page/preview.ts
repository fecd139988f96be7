import type { Readable } from 'node:stream';
import { decoded } from '../routes/download';
import type { SandboxContext } from '../server/context';
import type { StoredMessage } from '../store/storedMessage';

/** Enough to recognise a message by; the rest is what downloads are for. */
const PREVIEW_BYTES = 4096;

/** The beginning of one chunk. */
export interface Preview {
	chunk: number;
	/** Size as stored. */
	storedBytes: number;
	/** Whether the bytes shown were gzip and are unpacked. */
	unpacked: boolean;
	/** The chunk is labelled gzip but is not: the bytes are shown as stored. */
	mislabelled: boolean;
	/** Whether the chunk goes on. */
	more: boolean;
	/** Absent when the bytes are not text. */
	text?: string;
	base64: string;
}

/** Reads the beginning of a chunk that is there. */
export async function previewOf({ bodies }: SandboxContext, message: StoredMessage, chunk: number): Promise<Preview> {
	const storedBytes = message.chunkBytes[chunk];
	// An empty chunk is no gzip, whatever the message is labelled.
	const packed = message.gzip && storedBytes > 0;
	const read = async (unpack: boolean) => beginning(decoded(bodies.stream(message.id, chunk), unpack));
	let mislabelled = false;
	const bytes = await read(packed).catch(() => {
		mislabelled = true;
		return read(false);
	});
	const shown = bytes.subarray(0, PREVIEW_BYTES);
	const more = bytes.length > PREVIEW_BYTES;
	return {
		chunk,
		storedBytes,
		unpacked: packed && !mislabelled,
		mislabelled,
		more,
		text: textOf(shown, more),
		base64: shown.toString('base64'),
	};
}

/** One byte more than is shown, where there is one. */
async function beginning(content: Readable): Promise<Buffer> {
	const blocks: Buffer[] = [];
	let bytes = 0;
	for await (const block of content as AsyncIterable<Buffer>) {
		blocks.push(block);
		bytes += block.length;
		if (bytes > PREVIEW_BYTES) break;
	}
	return Buffer.concat(blocks).subarray(0, PREVIEW_BYTES + 1);
}

/** UTF-8 without control characters. Of cut content a character torn at the end is left out. */
function textOf(bytes: Buffer, isCut: boolean): string | undefined {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
		// eslint-disable-next-line no-control-regex
		return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}
