import { element } from './element.js';

/** A list of more is of no use to anybody. */
const LISTED = 100;

/**
 * Chooses one of the chunks that have arrived: from a list, or by its number where there are many. Chunks that arrive later
 * are added without touching the choice.
 * @param {number} chunkCount
 * @param {(chunk: number) => void} onChoice
 */
export function createChunkChoice(chunkCount, onChoice) {
	const properties = { id: 'preview-chunk', onchange: () => onChoice(Number(control.value)) };
	const control = chunkCount > LISTED ? element('input', { ...properties, type: 'number', min: 1, max: chunkCount, value: 1 }) : element('select', { ...properties, 'aria-label': 'Chunk' });
	const node = control instanceof HTMLInputElement ? element('label', {}, 'Chunk', control) : control;
	node.hidden = true;
	return {
		node,
		/** @param {number[]} chunks */
		offer(chunks) {
			node.hidden = chunks.length < 2;
			if (control instanceof HTMLInputElement) return;
			const known = new Set([...control.options].map(({ value }) => Number(value)));
			for (const [index, chunk] of chunks.entries()) {
				if (!known.has(chunk)) control.add(element('option', { value: chunk, text: `Chunk ${chunk}` }), index);
			}
		},
	};
}
