import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingMessage } from '../client';
import { readChecksum, type ChecksumStatus } from './checksum';

/** Content of a message that is checked while it flows. */
export interface CheckedBody {
	/** Fails where the message's own body fails. */
	stream: Readable;
	/** Valid once `stream` has ended; undefined when the checksum was not to be compared. */
	checksumStatus(): ChecksumStatus | undefined;
}

/** Watches the body pass by for the sender's checksum; where there is nothing to compare, the body itself is handed on. */
export function checkedBody(message: IncomingMessage, checksum: boolean): CheckedBody {
	const announced = message.headers.checksum;
	const known = checksum && announced !== undefined ? readChecksum(announced) : undefined;
	const hash = known && createHash(known.algorithm);
	const stream = hash === undefined ? message.body : Readable.from(hashed(message.body, hash), { objectMode: false });
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

async function* hashed(body: Readable, hash: Hash): AsyncGenerator<Uint8Array, void, void> {
	for await (const bytes of body as AsyncIterable<Uint8Array>) {
		hash.update(bytes);
		yield bytes;
	}
}
