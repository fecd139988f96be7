/**
 * A time as MESH writes it: `yyyyMMddHHmmss` (possibly with more digits of the second) or ISO 8601, with or without a zone.
 * Without one it is UTC. `undefined` for anything else.
 */
export function parseMeshTime(value: unknown): Date | undefined {
	if (typeof value !== 'string' || value.length > 40) return undefined;
	const text = value.trim();
	const compact = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{0,9})$/.exec(text);
	if (compact) {
		const [, year, month, day, hour, minute, second, fraction] = compact;
		return strictDate(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
	}
	const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text);
	if (!iso) return undefined;
	const [, date, time, fraction = '', zone = 'Z'] = iso;
	const offset = /^z$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
	return strictDate(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
}

/** JavaScript reads 31 February as 3 March; such a date is no date here. */
function strictDate(iso: string): Date | undefined {
	const date = new Date(iso);
	if (Number.isNaN(date.getTime())) return undefined;
	const local = new Date(`${iso.slice(0, 19)}Z`);
	return local.toISOString().slice(0, 10) === iso.slice(0, 10) ? date : undefined;
}
