/** What stands in the place of an address made of patient data. */
const HIDDEN = 'GPPROVIDER (hidden)';

/** A recipient as it may be put out: the address by which MESH finds a patient's GP practice is patient data. */
export function visibleRecipient<T extends string | undefined>(recipient: T): T | typeof HIDDEN {
	return /^\s*GPPROVIDER_/i.test(recipient ?? '') ? HIDDEN : recipient;
}
