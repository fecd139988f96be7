import { open } from 'node:fs/promises';
import type { MessageSource } from '../../nodes/Mesh/client';

const BUFFER_BYTES = 256 * 1024;

/** A file as a source: read through two buffers that take turns, one being filled while the other is being sent. */
export function fileSource(path: string, size: number): MessageSource {
	return {
		size,
		async *read(start, end) {
			const file = await open(path, 'r');
			try {
				const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)];
				const fill = async (turn: number, at: number) => await file.read(buffers[turn], 0, Math.min(BUFFER_BYTES, end - at), at);
				let turn = 0;
				let pending = fill(turn, start);
				for (let at = start; at < end;) {
					const { bytesRead, buffer } = await pending;
					if (bytesRead === 0) throw new Error(`${path} is shorter than ${size} bytes.`);
					at += bytesRead;
					turn = 1 - turn;
					if (at < end) pending = fill(turn, at);
					yield buffer.subarray(0, bytesRead);
				}
			} finally {
				await file.close();
			}
		},
	};
}
