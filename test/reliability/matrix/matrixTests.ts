import { FAULT_KINDS } from './faultKinds';
import type { FaultKind } from './faultKinds';
import { planCells, sampleCells, startMatrix } from './matrix';
import type { Matrix } from './matrix';
import type { Place } from './place';
import type { Way } from './proxyKinds';

export interface MatrixChoice {
	/** How the calls get to MESH; default: directly. */
	way?: Way;
	/** Default: everything that can go wrong with a request. */
	kinds?: readonly FaultKind[];
	/** Only enough cells to have each kind and each place among them. */
	isSample?: boolean;
}

/** Declares one test for each cell of the places, and prints the size of the matrix when all have run. */
export function testMatrix(
	name: string,
	places: readonly Place[],
	{ way = 'direct', kinds = FAULT_KINDS, isSample = false }: MatrixChoice = {},
): void {
	const sample = isSample ? sampleCells(places, kinds) : undefined;
	const plan = places.map((place) => ({ place, cells: sample?.get(place) ?? planCells(place, kinds) }));
	const cells = plan.flatMap((row) => row.cells);
	let matrix: Matrix;
	let held = 0;

	beforeAll(async () => {
		matrix = await startMatrix(cells, way);
	});
	afterAll(async () => {
		const unhandled = await matrix.end();
		const calls = new Set(places.map(({ call }) => call)).size;
		process.stdout.write(
			`Fault matrix, ${name}: ${places.length} places (${calls} calls) x ${kinds.length} faults x 2 (once, for good), ` +
				`${cells.length} cells ${isSample ? 'as a sample' : 'where they can meet'}, ${held} held\n`,
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
