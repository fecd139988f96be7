import fc from 'fast-check';
import { DeliveredPart } from '../../../nodes/Mesh/client/download/chunk';
import { cases } from '../../support/cases';

/** Cut into pieces of the given sizes, the rest in one. */
function cut(bytes: Buffer, sizes: number[]): Buffer[] {
	const pieces: Buffer[] = [];
	let at = 0;
	for (const size of sizes) pieces.push(bytes.subarray(at, (at += size)));
	return [...pieces, bytes.subarray(at)].filter(({ length }) => length > 0);
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9_000 })), { maxLength: 12 });

function agrees(delivered: DeliveredPart, pieces: Buffer[]): boolean {
	let position = 0;
	return pieces.every((piece) => {
		const fine = delivered.agreesWith(piece, position);
		position += piece.length;
		return fine;
	});
}

test('the same bytes agree, however they are cut, and so does what comes after them', () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), sizes, sizes, fc.nat(), (raw, ways, otherWays, share) => {
			const bytes = Buffer.from(raw);
			const delivered = new DeliveredPart();
			for (const piece of cut(bytes.subarray(0, share % (bytes.length + 1)), ways)) delivered.add(piece);
			return delivered.bytes === share % (bytes.length + 1) && agrees(delivered, cut(bytes, otherWays));
		}),
		{ numRuns: cases(2_000) },
	);
});

test('one byte that differs within the last 4 KiB of what was delivered is noticed', () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), sizes, sizes, fc.nat(4_095), (raw, ways, otherWays, back) => {
			const bytes = Buffer.from(raw);
			const delivered = new DeliveredPart();
			for (const piece of cut(bytes, ways)) delivered.add(piece);
			const other = Buffer.from(bytes);
			other[Math.max(0, bytes.length - 1 - back)] ^= 1;
			return !agrees(delivered, cut(other, otherWays));
		}),
		{ numRuns: cases(2_000) },
	);
});
