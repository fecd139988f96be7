import { invalidInput, isNhsNumber } from '../../client';

interface PatientDetails {
	nhsNumber: string;
	dateOfBirth: unknown;
	surname: string;
	dateFormat: BirthDateFormat;
}

/**
 * The address by which MESH finds the practice that a patient is registered with:
 * `GPPROVIDER_<NHS number>_<date of birth>_<surname>`. It is patient data: it goes into the request and nowhere else.
 * @throws MeshError MESH_INVALID_INPUT that names the field, never what is in it
 */
export function gpPracticeAddress({ nhsNumber, dateOfBirth, surname, dateFormat }: PatientDetails): string {
	const number = readNhsNumber(nhsNumber);
	if (number === undefined) {
		throw invalidInput('nhsNumber', 'The NHS number is not valid: it is not ten digits with a fitting check digit', 'Correct it. MESH could not find the practice with it.');
	}
	const birth = formatDateOfBirth(dateOfBirth, dateFormat);
	if (birth === undefined) {
		throw invalidInput('dateOfBirth', 'The date of birth is not a date that can be understood', 'Give it as year, month and day: 1955-01-09. A time of day must not follow it, as time zones would change the day.');
	}
	const name = surname.trim();
	if (!/^[!-^`-~ ]{1,60}$/.test(name)) {
		throw invalidInput('surname', 'The surname is empty, too long, or holds a character that MESH does not take', 'Use plain letters without accents, spaces, hyphens and apostrophes: 60 characters at most, and no underscore.');
	}
	return `GPPROVIDER_${number}_${birth}_${name}`;
}

/** How the date of birth is written in a GPPROVIDER address. */
type BirthDateFormat = 'DDMMYYYY' | 'YYYYMMDD';

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

/** Ten digits, usually written 943 476 5919; spaces and hyphens in between do not matter. */
const WRITTEN = /^\s*(\d{3})[\s-]*(\d{3})[\s-]*(\d{4})\s*$/;

/** The ten digits of an NHS number, if the last one is its check digit. Undefined for anything else. */
export function readNhsNumber(text: string): string | undefined {
	const digits = WRITTEN.exec(text)?.slice(1).join('') ?? '';
	return isNhsNumber(digits) ? digits : undefined;
}
