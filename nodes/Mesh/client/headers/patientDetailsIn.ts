/**
 * NHS number, date of birth and surname in a recipient of the form `GPPROVIDER_<NHS number>_<date of birth>_<surname>` (MESH
 * API, GPPROVIDER routing); none in any other.
 */
export function patientDetailsIn(recipient: string): string[] {
	const [, ...details] = /^\s*GPPROVIDER_([^_]*)_([^_]*)_(.*?)\s*$/is.exec(recipient) ?? [];
	return details.filter((detail) => detail !== '');
}
