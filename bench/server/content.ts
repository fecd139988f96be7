import { createCipheriv } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ContentKind } from '../work';

const MIB = 1024 * 1024;
/**
 * One period of the content. A whole MiB, so that all full chunks of a job are the same and the server compresses them
 * once; small, so that it does not show in the memory of a program that makes its content itself; and far larger than
 * the 32 KiB over which gzip sees repetition.
 */
const PERIOD_BYTES = MIB;

/**
 * Endless content that every process of the benchmark can make for itself: byte `offset` is byte `offset % period` of a
 * block that depends on the kind alone. So anything received can be compared without keeping what was sent.
 */
export class Content {
	private constructor(
		readonly kind: ContentKind,
		private readonly block: Buffer,
	) {}

	static of(kind: ContentKind): Content {
		let content = made.get(kind);
		if (content === undefined) {
			content = new Content(kind, kind === 'random' ? randomBlock() : csvBlock());
			made.set(kind, content);
		}
		return content;
	}

	get period(): number {
		return this.block.length;
	}

	/** A view of at most `length` bytes from `offset` on; shorter at the end of a period. Not to be written to. */
	view(offset: number, length: number): Buffer {
		const start = offset % this.block.length;
		return this.block.subarray(start, Math.min(start + length, this.block.length));
	}

	*views(start: number, end: number, size = MIB): Generator<Buffer, void, void> {
		for (let offset = start; offset < end; ) {
			const view = this.view(offset, Math.min(size, end - offset));
			yield view;
			offset += view.length;
		}
	}

	/** A copy of the bytes [start, end). */
	copy(start: number, end: number): Buffer {
		return Buffer.concat([...this.views(start, end, PERIOD_BYTES)]);
	}

	/** True when `bytes` are this content's bytes from `offset` on. */
	matches(offset: number, bytes: Uint8Array): boolean {
		for (let checked = 0; checked < bytes.length; ) {
			const expected = this.view(offset + checked, bytes.length - checked);
			if (expected.compare(bytes, checked, checked + expected.length) !== 0) return false;
			checked += expected.length;
		}
		return true;
	}

	write(path: string, bytes: number): void {
		const file = openSync(path, 'w');
		for (const view of this.views(0, bytes)) writeSync(file, view);
		closeSync(file);
	}
}

const made = new Map<ContentKind, Content>();

// A cipher stream over zeros: as incompressible as random bytes, the same in every process, and fast to make.
function randomBlock(): Buffer {
	return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16, 2)).update(Buffer.alloc(PERIOD_BYTES));
}

/** Rows as an appointments extract has them, all made up, with a fixed sequence in place of chance. */
function csvBlock(): Buffer {
	const block = Buffer.alloc(PERIOD_BYTES, '\n');
	let seed = 20_250_101;
	const next = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor(seed / 65_536) % below;
	};
	const pick = (list: readonly string[]): string => list[next(list.length)];
	const digits = (count: number): string => String(next(10 ** Math.min(count, 4))).padStart(count, '0');
	const parts: string[] = ['record,clinic,start,minutes,status,code,reason,note\n'];
	let used = parts[0].length;
	for (let row = 0; used < PERIOD_BYTES; row++) {
		const line =
			[
				`R${String(row).padStart(8, '0')}${digits(4)}`,
				`${pick(CLINICS)} ${1 + next(9)}`,
				`2025-${digits(4).slice(-1)}${next(2)}-${1 + next(28)}T${8 + next(10)}:${next(6)}5:00`,
				String(5 * (1 + next(12))),
				pick(STATUSES),
				digits(6),
				pick(REASONS),
				`${pick(NOTES)} ${digits(4)}`,
			].join(',') + '\n';
		parts.push(line);
		used += line.length;
	}
	block.write(parts.join(''), 'latin1');
	return block;
}

const CLINICS = ['North clinic', 'South clinic', 'Harbour surgery', 'Mill lane practice', 'Station road practice', 'Day unit'];
const STATUSES = ['booked', 'attended', 'cancelled', 'did not attend', 'moved'];
const REASONS = ['review', 'vaccination', 'blood test', 'blood pressure', 'follow-up', 'first visit', 'dressing', 'advice'];
const NOTES = ['no change', 'repeat in weeks', 'letter sent', 'see plan', 'asked to call back', 'leaflet given', 'transport booked'];
