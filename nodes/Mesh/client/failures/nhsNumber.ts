/**
 * Whether ten digits are an NHS number: the last one is its check digit (NHS Data Dictionary, NHS NUMBER: modulus 11 with the
 * weights 10 to 2).
 */
export function isNhsNumber(digits: string): boolean {
	if (!/^\d{10}$/.test(digits)) return false;
	const sum = [...digits.slice(0, 9)].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
	// 11 is written as 0, and a number whose check digit would be 10 is not given out: no digit equals it.
	return (11 - (sum % 11)) % 11 === Number(digits[9]);
}
