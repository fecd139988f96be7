/**
 * Reads n8n's execution data: JSON in the "flatted" form, an array of values in which every object property and array
 * element that is a string holds the index of its value (strings included), so that shared values appear once.
 */
export function parseFlatted(text: string): unknown {
	const values = JSON.parse(text) as unknown[];
	const revived = new Map<number, unknown>();
	const revive = (index: number): unknown => {
		if (revived.has(index)) return revived.get(index);
		const value = values[index];
		if (typeof value !== 'object' || value === null) return value;
		const result: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
		revived.set(index, result); // before its parts: they may refer back to it
		for (const [key, part] of Object.entries(value)) {
			Object.assign(result, { [key]: typeof part === 'string' ? revive(Number(part)) : part });
		}
		return result;
	};
	return revive(0);
}
