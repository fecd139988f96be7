import { FAULT_KINDS } from './faultKinds';
import { planCells, startMatrix } from './matrix';
import type { Matrix } from './matrix';
import type { Place } from './place';

/** Declares one test for each cell of the places, and prints the size of the matrix when all have run. */
export function testMatrix(name: string, places: readonly Place[]): void {
	const plan = places.map((place) => ({ place, cells: planCells(place) }));
	const cells = plan.flatMap((row) => row.cells);
	let matrix: Matrix;
	let held = 0;

	beforeAll(async () => {
		matrix = await startMatrix(cells);
	});
	afterAll(async () => {
		const unhandled = await matrix.end();
		const calls = new Set(places.map(({ call }) => call)).size;
		process.stdout.write(
			`Fault matrix, ${name}: ${places.length} places (${calls} calls) x ${FAULT_KINDS.length} faults x 2 (once, for good), ` +
				`${cells.length} cells where they can meet, ${held} held\n`,
		);
		expect(unhandled).toEqual([]);
	});

	describe.each(plan)('$place.name', (row) => {
		test.each(row.cells)('$title', async (cell) => {
			await matrix.result(cell);
			held++;
		});
	});
}
