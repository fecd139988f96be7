import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { MeshError, type IncomingMessage } from '../client';
import { readChecksum, type ChecksumStatus } from './checksum';

export interface BodyChecks {
	/** Compare the content with the sender's checksum. */
	checksum: boolean;
	/** Bytes of content beyond which the body fails. */
	maximumBytes?: number;
}

/** Content of a message that is checked while it flows. */
export interface CheckedBody {
	/** Fails where the message's own body fails, and beyond `maximumBytes` (MESH_LIMIT). */
	stream: Readable;
	/** Valid once `stream` has ended; undefined when the checksum was not to be compared. */
	checksumStatus(): ChecksumStatus | undefined;
}

/** Watches the body pass by; where there is nothing to watch, the body itself is handed on. */
export function checkedBody(message: IncomingMessage, { checksum, maximumBytes = Infinity }: BodyChecks): CheckedBody {
	const announced = message.headers.checksum;
	const known = checksum && announced !== undefined ? readChecksum(announced) : undefined;
	const hash = known && createHash(known.algorithm);
	const stream = hash !== undefined || maximumBytes !== Infinity
		? Readable.from(watch(message, maximumBytes, (bytes) => hash?.update(bytes)), { objectMode: false })
		: message.body;
	let digest: string | undefined;
	return {
		stream,
		checksumStatus() {
			if (!checksum) return undefined;
			if (announced === undefined) return 'absent';
			if (known === undefined) return 'notRecognised';
			digest ??= hash?.digest('hex');
			return digest === known.digest ? 'verified' : 'mismatch';
		},
	};
}

async function* watch({ headers, body }: IncomingMessage, maximumBytes: number, see: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array, void, void> {
	let total = 0;
	for await (const bytes of body as AsyncIterable<Uint8Array>) {
		total += bytes.length;
		if (total > maximumBytes) throw tooLarge(headers.messageId, maximumBytes);
		see(bytes);
		yield bytes;
	}
}

function tooLarge(messageId: string, maximumBytes: number): MeshError {
	return new MeshError(`Message ${messageId} is larger than the limit of ${maximumBytes.toLocaleString('en-GB')} bytes`, {
		code: 'MESH_LIMIT',
		messageId,
		temporary: false,
		hint: 'It was not acknowledged and is still in the inbox. Raise the limit on its size, or output it as a binary file instead of text or JSON.',
	});
}
