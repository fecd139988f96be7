import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../client';
import type { WorkflowFilter } from '../client';

/** Values of the parameter Workflow Filter and what each means to MESH. */
const modes: Readonly<Record<string, Pick<WorkflowFilter, 'mode' | 'negate'>>> = {
	equals: { mode: 'equals' },
	beginsWith: { mode: 'beginsWith' },
	contains: { mode: 'contains' },
	doesNotEqual: { mode: 'equals', negate: true },
	doesNotBeginWith: { mode: 'beginsWith', negate: true },
	doesNotContain: { mode: 'contains', negate: true },
};

/** The two fields of the workflow filter, for an operation or for the trigger. */
export function workflowFilterParameters(displayOptions: IDisplayOptions = {}): INodeProperties[] {
	return [
		{
			displayName: 'Workflow Filter',
			name: 'workflowFilterMode',
			type: 'options',
			default: 'none',
			description:
				'Which messages to look at, by their workflow ID. Reports on failed messages carry the workflow ID of the message that failed.',
			options: [
				{ name: 'Any Workflow', value: 'none' },
				{ name: 'Begins With', value: 'beginsWith' },
				{ name: 'Contains', value: 'contains' },
				{ name: 'Does Not Begin With', value: 'doesNotBeginWith' },
				{ name: 'Does Not Contain', value: 'doesNotContain' },
				{ name: 'Does Not Equal', value: 'doesNotEqual' },
				{ name: 'Equals', value: 'equals' },
			],
			displayOptions,
		},
		{
			displayName: 'Workflow ID',
			name: 'workflowFilterText',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. TEST_WORKFLOW',
			description: 'Workflow ID, or part of one, to compare with. Upper and lower case matter.',
			displayOptions: { ...displayOptions, show: { ...displayOptions.show, workflowFilterMode: Object.keys(modes) } },
		},
	];
}

/**
 * Reads the filter that `workflowFilterParameters` describes.
 * @param parameter value of a node parameter by name
 * @throws MeshError MESH_INVALID_INPUT when a filter is chosen but its text is missing
 */
export function readWorkflowFilter(parameter: (name: string) => unknown): WorkflowFilter | undefined {
	const mode = String(parameter('workflowFilterMode') ?? 'none');
	if (mode === 'none') return undefined;
	const comparison = Object.hasOwn(modes, mode) ? modes[mode] : undefined;
	if (comparison === undefined) {
		throw invalidInput(
			'workflowFilterMode',
			`"${mode}" is not a way to filter by workflow`,
			`Use none or one of: ${Object.keys(modes).join(', ')}.`,
		);
	}
	const text = String(parameter('workflowFilterText') ?? '').trim();
	if (text === '')
		throw invalidInput(
			'workflowFilterText',
			'The workflow filter has no workflow ID to compare with',
			"Fill in Workflow ID, or set Workflow Filter to 'Any Workflow'.",
		);
	return { ...comparison, text };
}
