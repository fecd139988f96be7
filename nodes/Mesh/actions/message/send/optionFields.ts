import type { INodeProperties } from 'n8n-workflow';
import { itemsAtOnceOption } from '../../itemsAtOnce';

/** The collection Options of Message: Send, in alphabetical order. */
export const sendOptionFields: INodeProperties[] = [
	{
		displayName: 'Checksum',
		name: 'checksum',
		type: 'options',
		default: 'none',
		description: 'Lets the recipient check that the content is complete and unaltered. The content is read once more for it.',
		options: [
			{ name: 'MD5', value: 'md5', description: 'For recipients that ask for it' },
			{ name: 'None', value: 'none' },
			{ name: 'SHA-256', value: 'sha256', description: 'The usual choice' },
			// No SHA-512: its 128 hexadecimal digits are more than the 100 characters that MESH takes.
		],
	},
	{
		displayName: 'Chunk Size (MiB)',
		name: 'chunkSize',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 95, numberPrecision: 6 },
		default: 20,
		description: 'Content above this size is sent in chunks of it. MESH takes up to 95 MiB a chunk; some networks and recipients work better with 20.',
	},
	{
		displayName: 'Compression',
		name: 'compression',
		type: 'options',
		default: 'auto',
		description: 'Whether the content travels as gzip. The recipient gets it unpacked either way.',
		options: [
			{ name: 'Always', value: 'always' },
			{ name: 'Automatic', value: 'auto', description: 'Unless the content is compressed already' },
			{ name: 'Never', value: 'never' },
		],
	},
	{
		displayName: 'Content Is Compressed',
		name: 'contentCompressed',
		type: 'boolean',
		default: false,
		description: 'Whether to tell the recipient that the content itself is compressed, such as a zip file. A flag only: it changes nothing in the content.',
	},
	{
		displayName: 'Content Is Encrypted',
		name: 'contentEncrypted',
		type: 'boolean',
		default: false,
		description: 'Whether to tell the recipient that the content itself is encrypted. A flag only: it changes nothing in the content.',
	},
	{
		displayName: 'Content Type',
		name: 'contentType',
		type: 'string',
		default: '',
		placeholder: 'e.g. text/csv',
		description: 'Media type that the recipient is told. Left empty, it is that of the file, text or JSON.',
	},
	{
		displayName: 'Continue Upload',
		name: 'continueUpload',
		type: 'json',
		default: '',
		placeholder: 'e.g. {{ $json.error.upload }}',
		description: 'Goes on with a chunked upload that was interrupted, instead of sending a new message: the upload state from the error of that send. The content must be exactly the same.',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $binary.data.fileName }}',
		description: 'Name that the recipient sees. Left empty, MESH names the file after the message ID. File names are not protected: do not put patient data into them.',
	},
	itemsAtOnceOption,
	{
		displayName: 'Local ID',
		name: 'localId',
		type: 'string',
		default: '',
		description: 'Your own ID of the message, unique for each, by which it can be tracked. Left empty, a UUID is made. Do not put patient data into it.',
	},
	{
		displayName: 'Partner ID',
		name: 'partnerId',
		type: 'string',
		default: '',
		description: 'An ID that some workflows ask for',
	},
	{
		displayName: 'Send Again When MESH Has No Record',
		name: 'sendAgainWhenNoRecord',
		type: 'boolean',
		default: false,
		description:
			'Whether to send once more when the connection broke before MESH answered, and MESH then finds no message with this local ID. Risk: if MESH only was slow to record the first one, the recipient gets the message twice. When off, the item fails instead and you decide.',
	},
	{
		displayName: 'Subject',
		name: 'subject',
		type: 'string',
		default: '',
		description: 'Subject of the message; some workflows give it a meaning. Do not put patient data into it.',
	},
];
