import { isNhsNumber } from '../../../client/redaction';

/** Ten digits, usually written 943 476 5919; spaces and hyphens in between do not matter. */
const WRITTEN = /^\s*(\d{3})[\s-]*(\d{3})[\s-]*(\d{4})\s*$/;

/** The ten digits of an NHS number, if the last one is its check digit. Undefined for anything else. */
export function readNhsNumber(text: string): string | undefined {
	const digits = WRITTEN.exec(text)?.slice(1).join('') ?? '';
	return isNhsNumber(digits) ? digits : undefined;
}
