import type { INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../client';
import type { DownloadLimits } from '../client';
import type { IncomingItemSettings } from './incomingItem';

/** Text and JSON are held in memory and in the execution's data, where much more would stop n8n. */
const MAXIMUM_TEXT_BYTES = 100 * 1024 * 1024;

/** The limits of the user as the client takes them; where there is none, the client's own applies. */
export function downloadLimits({ outputAs, maximumBytes, maximumChunks, maximumCompressionRatio }: IncomingItemSettings): DownloadLimits {
	return { maxBytes: maximumBytes ?? (outputAs === 'binary' ? undefined : MAXIMUM_TEXT_BYTES), maxChunks: maximumChunks, maxCompressionRatio: maximumCompressionRatio };
}

/**
 * A limit as a user gives it: undefined when it was left empty or is 0.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function limitOf(value: unknown, parameter: string, label: string): number | undefined {
	if (value === undefined || value === null || value === '' || value === 0) return undefined;
	const limit = Number(value);
	if (Number.isFinite(limit) && limit >= 1) return limit;
	throw invalidInput(parameter, `${label} is not a number of 1 or more`, 'Correct it, or leave it out.');
}

/** Where the content goes: the same fields as on the Download operation. */
export const contentFields: INodeProperties[] = [
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
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show: { outputAs: ['binary'] } },
	},
];
