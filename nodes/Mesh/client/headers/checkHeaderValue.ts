import { invalidInput } from '../errors';
import type { HeaderRule } from './sendHeaderTable';

/**
 * The value as it goes out, without outer spaces (HTTP loses them anyway). Refused, naming parameter and limit: control
 * characters and line breaks, anything but printable ASCII (MESH does not say how it reads other text, and Node cannot send
 * all of it), values that are too long, web addresses and checksums where MESH refuses them.
 */
export function checkHeaderValue(rule: HeaderRule, value: string): string {
	const { parameter, title } = rule;
	const bad = [...value].find((character) => character < ' ' || character > '~');
	if (bad !== undefined) throw invalidInput(parameter, ...characterProblem(title, bad));
	const text = value.trim();
	if (rule.required && text === '') throw invalidInput(parameter, `The ${title} is empty`, `Give the ${title}.`);
	if (text.length > rule.maxLength) {
		throw invalidInput(
			parameter,
			`The ${title} has ${text.length} characters, MESH takes ${rule.maxLength} at most`,
			`Shorten the ${title}.`,
		);
	}
	if (rule.refusesUrl && /^https?:\/\//i.test(text)) {
		throw invalidInput(parameter, `The ${title} begins with http:// or https://, which MESH refuses`, 'Leave the web address out.');
	}
	if (rule.pattern && !rule.pattern.test.test(text)) {
		throw invalidInput(parameter, `The ${title} ${rule.pattern.says}`, rule.pattern.hint);
	}
	return text;
}

function characterProblem(title: string, character: string): [message: string, hint: string] {
	const codePoint = character.codePointAt(0) ?? 0;
	if (character === '\n' || character === '\r') {
		return [`The ${title} holds a line break, which MESH refuses`, 'Use one line.'];
	}
	const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
	if (codePoint < 0xa0) {
		return [`The ${title} holds the control character ${name}, which MESH refuses`, 'Remove it.'];
	}
	return [
		`The ${title} holds the character ${name}; only printable ASCII can be sent`,
		'Replace letters with accents, typographic quotes, dashes and other such characters by plain ones.',
	];
}
