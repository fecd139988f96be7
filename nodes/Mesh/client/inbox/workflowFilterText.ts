import { invalidInput } from '../errors';
import type { WorkflowFilter } from '../types';

const MAX_LENGTH = 255;
const PARAMETER = 'workflowFilterText';

/** The value of `workflow_filter` (MESH API, workflow filter). What MESH's grammar cannot express is refused. */
export function workflowFilterText({ mode, negate, text }: WorkflowFilter): string {
	const wanted = text.trim();
	if (wanted === '') throw invalidInput(PARAMETER, 'The workflow filter is empty', 'Give a workflow ID or a part of one.');
	if (wanted.includes('*')) {
		throw invalidInput(PARAMETER, 'The workflow filter holds a *', 'Leave the * out and choose "begins with" or "contains" instead.');
	}
	if (wanted.startsWith('!')) {
		throw invalidInput(PARAMETER, 'The workflow filter begins with !', 'Leave the ! out and choose "does not" instead.');
	}
	if (/[^ -~]/.test(wanted)) {
		throw invalidInput(PARAMETER, 'The workflow filter holds a character that is not printable ASCII', 'Workflow IDs have none.');
	}
	const pattern = { equals: wanted, beginsWith: `${wanted}*`, contains: `*${wanted}*` }[mode];
	const value = negate ? `!${pattern}` : pattern;
	if (value.length < 2) {
		throw invalidInput(PARAMETER, 'MESH cannot filter for one character', 'Give at least two characters.');
	}
	if (value.length > MAX_LENGTH) {
		throw invalidInput(PARAMETER, `The workflow filter is too long, MESH takes ${MAX_LENGTH} characters with its signs`, 'Shorten it.');
	}
	return value;
}
