import { invalidInput } from '../../../client';
import { formatDateOfBirth, type BirthDateFormat } from './dateOfBirth';
import { readNhsNumber } from './nhsNumber';

export interface PatientDetails {
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
