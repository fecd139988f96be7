import fc from 'fast-check';
import { chunkBounds, planChunks } from '../../../nodes/Mesh/client/send/chunkPlan';
import { thrownBy } from '../world';
import { cases } from '../../support/cases';

describe('cutting a message into chunks', () => {
	test.each([
		[1, 10, 1],
		[9, 10, 1],
		[10, 10, 1],
		[11, 10, 2],
		[20, 10, 2],
		[100_000_000_000, undefined, 4_769],
	])('%d bytes in chunks of %s make %d', (size, chunkSize, chunkCount) => {
		expect(planChunks(size, false, { chunkSize }).chunkCount).toBe(chunkCount);
	});

	test('covers every byte once and in order, whatever the sizes', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 1, max: 10_000 }), (chunkSize, chunks) => {
				const size = Math.min(100_000_000_000, Math.max(1, chunkSize * chunks - 1));
				const plan = planChunks(size, false, { chunkSize });
				const { chunkCount } = plan;
				const first = chunkBounds(plan, 1);
				const last = chunkBounds(plan, chunkCount);
				const middle = Math.ceil(chunkCount / 2);
				return (
					first.start === 0 &&
					last.end === size &&
					last.end > last.start &&
					(chunkCount === 1 || chunkBounds(plan, middle).end === chunkBounds(plan, middle + 1).start)
				);
			}),
			{ numRuns: cases(2_000) },
		);
	});

	test('leaves room in compressed chunks, because gzip makes random bytes longer than the 100 MB of a request', () => {
		expect(planChunks(200_000_000, false, { chunkSize: 99_999_999 }).chunkSize).toBe(99_999_999);
		expect(planChunks(200_000_000, true, { chunkSize: 99_999_999 }).chunkSize).toBe(99_900_000);
	});

	test.each([
		['nothing to send', 0, 10, 'source', /empty/],
		['an unknown size', NaN, 10, 'source', /not known/],
		['more than 100 GB', 100_000_000_001, undefined, 'source', /100 GB/],
		['a chunk size of nothing', 10, 0, 'chunkSize', /from 1 to 99,999,999/],
		['half a byte', 10, 1.5, 'chunkSize', /whole number/],
		['a chunk larger than a request', 10, 100_000_000, 'chunkSize', /99,999,999/],
		['more chunks than MESH takes', 10_001, 1, 'chunkSize', /10000 is the most/],
	])('refuses %s', (_what, size, chunkSize, parameter, message) => {
		const error = thrownBy(() => planChunks(size, false, { chunkSize }));
		expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
		expect(error.message).toMatch(message);
	});
});
