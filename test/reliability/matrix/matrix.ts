import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectation } from './expectation';
import type { Cell, Expectation } from './expectation';
import { FAULT_KINDS } from './faultKinds';
import type { FaultKind } from './faultKinds';
import { startLane } from './lane';
import { watchLeftovers } from './leftovers';
import type { Place } from './place';
import type { Way } from './proxyKinds';
import { runCell } from './runCell';

/** Cells at a time: while one waits for a socket, another can run. */
const LANES = 4;

/** Nothing takes nearly as long. */
const LONGEST_CELL_MS = 20_000;

interface PlannedCell extends Cell {
	title: string;
	expected: Expectation;
}

interface Matrix {
	/** Resolves when the cell has been run and holds; rejects with what does not hold. */
	result(cell: PlannedCell): Promise<void>;
	/** Waits for all cells; resolves to what nobody handled at the very end. */
	end(): Promise<string[]>;
}

/** Every fault at a place, passing and for good, wherever the two can meet. */
export function planCells(place: Place, kinds: readonly FaultKind[] = FAULT_KINDS): PlannedCell[] {
	return kinds.flatMap((kind) =>
		[false, true].flatMap((lasting) => {
			const cell = { place, kind, lasting };
			const expected = expectation(cell);
			return expected ? [{ ...cell, expected, title: `${kind.name}, ${lasting ? 'for good' : 'once'}: ${outcomeIn(expected)}` }] : [];
		}),
	);
}

/** Every fault once, passing and for good, and every place at least once, out of all that `planCells` plans for them. */
function sampleCells(places: readonly Place[], kinds: readonly FaultKind[]): Map<Place, PlannedCell[]> {
	const plans = places.map((place) => ({ place, cells: planCells(place, kinds) }));
	const sample = new Map(places.map((place) => [place, [] as PlannedCell[]]));
	const take = (kind: FaultKind, from: number) => {
		const meeting = [...plans.slice(from), ...plans.slice(0, from)]
			.map(({ place, cells }) => ({ place, cells: cells.filter((cell) => cell.kind === kind) }))
			.find(({ cells }) => cells.length > 0);
		if (meeting) sample.get(meeting.place)?.push(...meeting.cells);
	};
	kinds.forEach((kind, i) => take(kind, i % places.length));
	places.forEach((place, i) => {
		if (sample.get(place)?.length === 0) take(plans[i].cells[i % plans[i].cells.length].kind, i);
	});
	return sample;
}

function outcomeIn({ outcome, settled }: Expectation): string {
	if (outcome !== 'works') return `fails with ${outcome}`;
	return settled ? 'tracking settles it' : 'nobody notices';
}

/** Says which cell it is that never ends. */
async function inTime(running: Promise<void>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const tooLate = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('It never ended')), LONGEST_CELL_MS)));
	await Promise.race([running, tooLate]).finally(() => clearTimeout(timer));
}

/**
 * Runs cells side by side, each on a sandbox that no other one uses at the time. Temporary files of the process go into a
 * folder of their own from now on, so that none is overlooked.
 */
async function startMatrix(cells: readonly PlannedCell[], way: Way): Promise<Matrix> {
	const folder = await mkdtemp(join(tmpdir(), 'mesh-matrix-'));
	const temporary = join(folder, 'tmp');
	await mkdir(temporary);
	const usualFolder = process.env.TMPDIR;
	process.env.TMPDIR = temporary;
	const leftovers = watchLeftovers(temporary);
	const openLane = async () => {
		const lane = await startLane(way, folder);
		lane.passSilences();
		return lane;
	};
	const lanes = await Promise.all(Array.from({ length: LANES }, openLane));
	const ends = lanes.map(async () => {});
	const results = new Map(
		cells.map((cell, i) => {
			const at = i % LANES;
			const result = ends[at].then(async () => await inTime(runCell(cell, cell.expected, lanes[at], leftovers)));
			// A cell that does not hold must not take the next one with it.
			ends[at] = result.catch(async () => {
				await lanes[at].close();
				lanes[at] = await openLane();
			});
			return [cell, result] as const;
		}),
	);
	return {
		async result(cell) {
			await results.get(cell);
		},
		async end() {
			await Promise.all(ends);
			await Promise.all(lanes.map(async (lane) => await lane.close()));
			leftovers.stop();
			if (usualFolder === undefined) delete process.env.TMPDIR;
			else process.env.TMPDIR = usualFolder;
			await rm(folder, { recursive: true, force: true });
			return leftovers.unhandled();
		},
	};
}

interface MatrixChoice {
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
