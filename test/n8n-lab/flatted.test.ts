import fc from 'fast-check';
import { parseFlatted } from '../../n8n-lab/rest/flatted';

/** The writing side of the format: objects, arrays and strings become entries, everything else stays in place. */
function flatten(root: unknown): string {
	const entries: unknown[] = [];
	const indexes = new Map<unknown, number>();
	const place = (value: unknown): number => {
		const known = indexes.get(value);
		if (known !== undefined) return known;
		const index = entries.push(undefined) - 1;
		indexes.set(value, index);
		entries[index] = shallow(value);
		return index;
	};
	const refer = (value: unknown) =>
		typeof value === 'string' || (typeof value === 'object' && value !== null) ? String(place(value)) : value;
	const shallow = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(refer);
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, refer(part)]));
	};
	place(root);
	return JSON.stringify(entries);
}

describe('parseFlatted', () => {
	it('gives back what was written, strings that look like indexes included', () => {
		// Negative zero and __proto__ do not survive JSON and object literals themselves.
		const json = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
		fc.assert(
			fc.property(json, (value) => {
				fc.pre(!JSON.stringify(value).includes('__proto__'));
				expect(parseFlatted(flatten(value))).toEqual(value);
			}),
		);
	});

	it('keeps an object that refers to itself, because executions hold such loops', () => {
		const parsed = parseFlatted('[{"self":"0","name":"1"},"node"]') as { self: unknown; name: string };
		expect(parsed.self).toBe(parsed);
		expect(parsed.name).toBe('node');
	});
});
