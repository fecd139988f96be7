/** In every content and description of a message, to be looked for in errors and logs. */
export const PATIENT = 'PatientJane9434765919';

/** Content that compresses little, the same for the same size. */
export function content(size: number): Buffer {
	const bytes = Buffer.alloc(size);
	let state = size + 1;
	for (let i = 0; i < size; i++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		bytes[i] = state >>> 16;
	}
	bytes.write(PATIENT, 0, 'latin1');
	return bytes;
}

/** Content cut as a sender would cut it. */
export function cut(bytes: Buffer, chunkSize: number): Buffer[] {
	return Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, i) => bytes.subarray(i * chunkSize, (i + 1) * chunkSize));
}
