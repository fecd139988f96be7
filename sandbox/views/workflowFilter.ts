/**
 * Whether a workflow ID passes a `workflow_filter` (MESH API, list inbox): `X` equals, `X*` begins with, `*X*` contains,
 * each turned round by a leading `!`. For what the specification leaves undefined this does what the NHS sandbox does;
 * a leading star without a closing one drops the last character.
 */
export function matchesFilter(filter: string, workflowId: string): boolean {
	const trimmed = filter.trim();
	const negated = trimmed.startsWith('!');
	const pattern = negated ? trimmed.slice(1) : trimmed;
	return matchesPattern(pattern, workflowId) !== negated;
}

function matchesPattern(pattern: string, workflowId: string): boolean {
	if (/^\*+$/.test(pattern)) return true;
	if (pattern.startsWith('*')) return workflowId.includes(pattern.slice(1, -1));
	if (pattern.endsWith('*')) return workflowId.startsWith(pattern.slice(0, -1));
	return workflowId === pattern;
}
