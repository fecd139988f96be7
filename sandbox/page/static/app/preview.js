import { getPreview } from './api.js';
import { element } from './element.js';
import { formatBytes } from './format.js';

/**
 * @typedef {import('./types.js').Preview} Preview
 * @typedef {import('./types.js').MessageDetails} MessageDetails
 */

const BYTES_PER_LINE = 16;

/**
 * The beginning of a message's content, as text or as bytes. What was chosen stays while the message changes.
 * @param {{ messageId: string, chunkCount: number }} message
 */
export function createPreview({ messageId, chunkCount }) {
	/** @type {Preview | undefined} */
	let preview;
	let asBytes = false;
	let asked = 0;
	/** @type {Record<number, number>} */
	let chunkBytes = {};
	/** @type {number | undefined} */
	let chosen;
	const note = element('p', { class: 'muted' });
	const content = element('pre', { class: 'content', tabindex: 0, role: 'region', 'aria-label': 'Beginning of the content' });
	const bytesBox = element('input', { type: 'checkbox', id: 'preview-bytes', onchange: () => ((asBytes = bytesBox.checked), show()) });
	const choice = createChunkChoice(chunkCount, choose);
	const node = element(
		'section',
		{ 'aria-labelledby': 'preview-title' },
		element(
			'div',
			{ class: 'preview-head' },
			element('h3', { id: 'preview-title', text: 'Preview' }),
			choice.node,
			element('label', {}, bytesBox, 'as bytes'),
		),
		content,
		note,
	);

	/** @param {number} chunk */
	function choose(chunk) {
		chosen = chunk;
		void load();
	}

	async function load() {
		const turn = ++asked;
		preview = undefined;
		content.hidden = chosen === undefined || chunkBytes[chosen] === undefined;
		bytesBox.disabled = content.hidden;
		if (chosen === undefined) note.textContent = 'No content has arrived.';
		else if (content.hidden) note.textContent = `Chunk ${chosen} has not arrived.`;
		if (chosen === undefined || content.hidden) return;
		const loaded = await getPreview(messageId, chosen).catch((error) => void (turn === asked && (note.textContent = error.message)));
		if (!loaded || turn !== asked) return;
		preview = loaded;
		bytesBox.disabled = preview.text === undefined;
		bytesBox.checked = asBytes || preview.text === undefined;
		show();
	}

	function show() {
		if (!preview) return;
		const isText = !bytesBox.checked && preview.text !== undefined;
		content.classList.toggle('hex', !isText);
		content.textContent = isText ? (preview.text ?? '') : hexDump(bytesOf(preview.base64));
		note.textContent = noteFor(preview);
	}

	return {
		node,
		/** @param {MessageDetails} message */
		update({ chunks, chunkBytes: fresh }) {
			const before = chosen;
			chosen ??= chunks[0];
			const isNew = asked === 0 || chosen !== before || (chosen !== undefined && fresh[chosen] !== chunkBytes[chosen]);
			chunkBytes = fresh;
			choice.offer(chunks);
			if (isNew) void load();
		},
	};
}

/** @param {Preview} preview */
function noteFor({ more, unpacked, mislabelled, storedBytes, text, base64 }) {
	const notes = [
		more && `The first ${formatBytes(bytesOf(base64).length)} of this chunk.`,
		unpacked && `Sent as gzip (${formatBytes(storedBytes)}), shown unpacked.`,
		mislabelled && 'Labelled gzip, but it is not: shown as it was sent.',
		text === undefined && 'Not text, so shown as bytes.',
	];
	return notes.filter(Boolean).join(' ');
}

/** @param {string} base64 */
const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/**
 * Offset, bytes and printable characters, as `hexdump -C` shows them.
 * @param {Uint8Array} bytes
 */
function hexDump(bytes) {
	const lines = [];
	for (let offset = 0; offset < bytes.length; offset += BYTES_PER_LINE) {
		const line = [...bytes.subarray(offset, offset + BYTES_PER_LINE)];
		const hex = line.map((byte) => byte.toString(16).padStart(2, '0'));
		const left = hex.slice(0, 8).join(' ').padEnd(23);
		const right = hex.slice(8).join(' ').padEnd(23);
		const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
		lines.push(`${offset.toString(16).padStart(4, '0')}  ${left}  ${right}  ${text}`);
	}
	return lines.join('\n');
}

/** A list of more is of no use to anybody. */
const LISTED = 100;

/**
 * Chooses one of the chunks that have arrived: from a list, or by its number where there are many. Chunks that arrive later
 * are added without touching the choice.
 * @param {number} chunkCount
 * @param {(chunk: number) => void} onChoice
 */
function createChunkChoice(chunkCount, onChoice) {
	const properties = { id: 'preview-chunk', onchange: () => onChoice(Number(control.value)) };
	const control =
		chunkCount > LISTED
			? element('input', { ...properties, type: 'number', min: 1, max: chunkCount, value: 1 })
			: element('select', { ...properties, 'aria-label': 'Chunk' });
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
