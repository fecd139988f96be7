/** The order of a round: each one starts with another contender, so that none always runs behind the same neighbour's leavings. */
export function turnsOf<T>(all: readonly T[], round: number): T[] {
	const first = all.length === 0 ? 0 : (round - 1) % all.length;
	return [...all.slice(first), ...all.slice(0, first)];
}
