/** Ten digits, usually written 943 476 5919; spaces and hyphens in between do not matter. */
const WRITTEN = /^\s*(\d{3})[\s-]*(\d{3})[\s-]*(\d{4})\s*$/;

/**
 * The ten digits of an NHS number, if the last one is its check digit (NHS Data Dictionary, NHS NUMBER: modulus 11 with the
 * weights 10 to 2). Undefined for anything else.
 */
export function readNhsNumber(text: string): string | undefined {
	const digits = WRITTEN.exec(text)?.slice(1).join('') ?? '';
	if (digits === '') return undefined;
	const sum = [...digits.slice(0, 9)].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
	// 11 is written as 0, and a number whose check digit would be 10 is not given out: no digit equals it.
	return (11 - (sum % 11)) % 11 === Number(digits[9]) ? digits : undefined;
}
