/** How the date of birth is written in a GPPROVIDER address. */
export type BirthDateFormat = 'DDMMYYYY' | 'YYYYMMDD';

/** A day, with midnight behind it at most: any other time hides a change of time zone, and with it maybe another day. */
const DAY = /^\s*(\d{4})(-?)(\d{2})\2(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\s*$/;

/**
 * Writes a date of birth as MESH wants it. Takes `1955-01-09`, `19550109`, either with midnight behind it, and dates of n8n's
 * expressions. Undefined for anything else: numbers in the order of another country are not guessed at.
 */
export function formatDateOfBirth(value: unknown, format: BirthDateFormat): string | undefined {
	const [, year = '', , month = '', day = ''] = DAY.exec(textOf(value)) ?? [];
	const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
	// Parsing refuses a month 13, but takes 31 April for 1 May in some forms.
	if (Number.isNaN(time) || new Date(time).getUTCDate() !== Number(day)) return undefined;
	return format === 'YYYYMMDD' ? `${year}${month}${day}` : `${day}${month}${year}`;
}

function textOf(value: unknown): string {
	if (typeof value === 'string' || typeof value === 'number') return String(value);
	// Luxon, by what it can do: n8n may have another copy of it.
	if (typeof value === 'object' && value !== null && 'toISODate' in value && typeof value.toISODate === 'function') return String(value.toISODate());
	return '';
}
