import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');

export function readPage(path: string): string {
	return readFileSync(join(root, path), 'utf8');
}

/** What stands under a heading, up to the next one of the same or a higher level. */
export function section(page: string, heading: string): string {
	const lines = page.split('\n');
	const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
	if (start < 0) throw new Error(`The page has no heading "${heading}"`);
	const level = /^#+/.exec(lines[start])?.[0].length ?? 0;
	let inCode = false;
	const length = lines.slice(start + 1).findIndex((line) => {
		if (line.startsWith('```')) inCode = !inCode;
		return !inCode && /^#+ /.test(line) && (/^#+/.exec(line)?.[0].length ?? 0) <= level;
	});
	return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** A block of shell commands under a heading, the first one unless another is asked for. */
export function firstCode(page: string, heading: string, index = 0): string {
	const block = [...section(page, heading).matchAll(/```sh\n([\s\S]*?)```/g)][index];
	if (block === undefined) throw new Error(`No commands under "${heading}"`);
	return block[1];
}

/** Cells of the rows of a table, without its header; a `|` inside code is escaped there. */
export function tables(text: string): Array<{ header: string[]; rows: string[][] }> {
	const found: Array<{ header: string[]; rows: string[][] }> = [];
	const lines = text.split('\n');
	for (let at = 0; at < lines.length; at++) {
		if (!lines[at].startsWith('|') || !/^\|[\s:|-]+\|$/.test(lines[at + 1] ?? '')) continue;
		const header = cells(lines[at]);
		const rows: string[][] = [];
		for (at += 2; lines[at]?.startsWith('|'); at++) rows.push(cells(lines[at]));
		found.push({ header, rows });
	}
	return found;
}

function cells(line: string): string[] {
	return line
		.replace(/\\\|/g, '\u0000')
		.split('|')
		.slice(1, -1)
		.map((cell) => cell.trim().replaceAll('\u0000', '|'));
}
