/** A `mex-chunk-range`: this chunk and how many there are. A report has `1:0`. */
export interface ChunkRange {
	chunk: number;
	total: number;
}

/** `undefined` when absent or not of the form `a:b` with plain numbers; braces around it are tolerated, as some have seen them. */
export function parseChunkRange(value: string | undefined): ChunkRange | undefined {
	const match = /^\s*\{?\s*(\d{1,9})\s*:\s*(\d{1,9})\s*\}?\s*$/.exec(value ?? '');
	return match ? { chunk: Number(match[1]), total: Number(match[2]) } : undefined;
}
