import type { IDataObject, IDisplayOptions, INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { invalidInput } from '../client';
import type { DownloadLimits, WorkflowFilter } from '../client';
import type { IncomingItemSettings } from './incomingItem';

/*
 * Which messages are received, where their content goes, and what is let in: fields, rules and readers that the trigger shares with
 * Get Many and Download.
 */

type Option = INodeProperties | INodePropertyOptions | INodePropertyCollection;

/** @param show what else must be chosen for the fields to be shown */
export function putContentInFields(show: IDisplayOptions['show'] = {}): INodeProperties[] {
	return [
		{
			displayName: 'Put Content In',
			name: 'outputAs',
			type: 'options',
			default: 'binary',
			description: 'Where the content of a message goes. Reports on failed messages have no content.',
			options: [
				{ name: 'Binary File', value: 'binary', description: 'For any content of any size: streamed into the binary data store of n8n' },
				{ name: 'Text', value: 'text', description: 'Into the field content, for small text' },
				{ name: 'Parsed JSON', value: 'json', description: 'Into the field content, for small JSON' },
			],
			...(Object.keys(show).length > 0 ? { displayOptions: { show } } : {}),
		},
		{
			displayName: 'Put Output File in Field',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			hint: 'The name of the output binary field to put the file in',
			displayOptions: { show: { ...show, outputAs: ['binary'] } },
		},
	];
}

/** For the collection Options. */
export const maximumSizeOption: Option = {
	displayName: 'Maximum Size (MiB)',
	name: 'maximumSize',
	type: 'number',
	typeOptions: { minValue: 0, numberPrecision: 2 },
	default: 0,
	description: 'A message with more content fails and stays in the inbox. 0 means no limit for files and 100 MiB for text and JSON.',
};

/** For the collection Options. */
export const verifyChecksumOption: Option = {
	displayName: 'Verify Checksum',
	name: 'verifyChecksum',
	type: 'options',
	default: 'fail',
	description: 'What to do with the checksum that a sender may have given. MESH itself does not check it.',
	options: [
		{ name: 'Fail on Mismatch', value: 'fail' },
		{ name: 'Report Only', value: 'report', description: 'The field checksumStatus tells the result' },
		{ name: 'Off', value: 'off' },
	],
};

/**
 * Reads all of them.
 * @param parameter value of a node parameter by name; null or undefined where it is hidden
 * @throws MeshError MESH_INVALID_INPUT naming the parameter
 */
export function readReceivingFields(parameter: (name: string) => unknown, options: IDataObject): IncomingItemSettings {
	const outputAs = parameter('outputAs');
	if (outputAs !== 'binary' && outputAs !== 'text' && outputAs !== 'json') {
		throw invalidInput('outputAs', "'Put Content In' is not one of its choices", 'Use binary, text or json.');
	}
	const verifyChecksum = options.verifyChecksum ?? 'fail';
	if (verifyChecksum !== 'fail' && verifyChecksum !== 'report' && verifyChecksum !== 'off') {
		throw invalidInput('verifyChecksum', "'Verify Checksum' is not one of its choices", 'Use fail, report or off.');
	}
	return {
		outputAs,
		binaryProperty: outputAs === 'binary' ? binaryProperty(parameter('binaryPropertyName')) : '',
		maximumBytes: bytesOfMebibytes(options.maximumSize, 'maximumSize', 'Maximum Size'),
		verifyChecksum,
	};
}

function binaryProperty(value: unknown): string {
	const name = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	if (name !== '') return name;
	throw invalidInput(
		'binaryPropertyName',
		'Put Output File in Field is missing',
		"Fill in 'Put Output File in Field', or check its expression: it gave no text for this item.",
	);
}

const MEBIBYTE = 1024 * 1024;

/**
 * Bytes of a size that the user gave in MiB; fractions are allowed. Undefined when it was left empty or is 0.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function bytesOfMebibytes(value: unknown, parameter: string, label: string): number | undefined {
	if (value === undefined || value === null || value === '' || value === 0) return undefined;
	const bytes = Math.round(Number(value) * MEBIBYTE);
	if (!Number.isSafeInteger(bytes) || bytes < 1)
		throw invalidInput(parameter, `${label} is not a size`, 'Give a number of MiB above 0, such as 20.');
	return bytes;
}

/** Text and JSON are held in memory and in the execution's data, where much more would stop n8n. */
const MAXIMUM_TEXT_BYTES = 100 * MEBIBYTE;

/** The limit of the user as the client takes it; where there is none, the client's own applies. */
export function downloadLimits({ outputAs, maximumBytes }: IncomingItemSettings): DownloadLimits {
	return { maxBytes: maximumBytes ?? (outputAs === 'binary' ? undefined : MAXIMUM_TEXT_BYTES) };
}

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
