import { output, parsed } from '../commands';
import type { Outcome } from '../outcome';

/** @param isRequired makes a registry that does not answer a failure, as it should be where a release is published */
export function audit(isRequired: boolean): Outcome {
	const { vulnerabilities } = parsed(output('npm', ['audit', '--omit=dev', '--json']));
	if (typeof vulnerabilities !== 'object' || vulnerabilities === null) {
		return { problems: isRequired ? ['the registry did not answer'] : [], seen: 'NOT CHECKED: the registry did not answer' };
	}
	return {
		problems: Object.keys(vulnerabilities).map((name) => `${name} has a known vulnerability`),
		seen: 'no known vulnerability in what ships',
	};
}
