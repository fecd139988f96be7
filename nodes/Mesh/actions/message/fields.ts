import type { IDataObject, IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { simplifyParameter } from '../../transport/itemJson';
import type { ItemCall } from '../operation';
import { itemsAtOnceOption, optionsOf } from '../operation';

/** Which of a node's saved versions a field is for: in version 1 what says something of the message stood among the options. */
const VERSION_1 = { '@version': [1] };
const SINCE_1_1 = { '@version': [{ _cnd: { gte: 1.1 } }] };

/**
 * The message that an operation is about.
 * @param byDefault what the trigger, Get Many, Download and Send put out, so that a chain of them needs no typing
 * @param show what else must be chosen for it to be shown
 */
export function messageIdField(
	operation: string,
	description: string,
	{ byDefault = '={{ $json.messageId }}', show = {} }: { byDefault?: string; show?: IDisplayOptions['show'] } = {},
): INodeProperties {
	return {
		displayName: 'Message ID',
		name: 'messageId',
		type: 'string',
		default: byDefault,
		required: true,
		placeholder: 'e.g. 20200529155357895317_3573F8',
		description,
		displayOptions: { show: { resource: ['message'], operation: [operation], ...show } },
	};
}

/**
 * The fields that say what is sent.
 * @param usual what most messages of the operation consist of
 */
export function outgoingContentFields(shown: Record<string, string[]>, usual: 'binary' | 'json' | 'text'): INodeProperties[] {
	return [
		{
			displayName: 'Content',
			name: 'contentFrom',
			type: 'options',
			default: usual,
			description: 'Where the content of the message comes from',
			options: [
				{ name: 'Binary File', value: 'binary', description: 'A file of the input item, of any size: streamed, not loaded' },
				{ name: 'JSON', value: 'json', description: 'A JSON value' },
				{ name: 'Text', value: 'text', description: 'A text, sent in UTF-8' },
			],
			displayOptions: { show: shown },
		},
		{
			displayName: 'An AI agent has no files: set Content to Text or JSON',
			name: 'contentFromToolNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { ...shown, contentFrom: ['binary'], '@tool': [true] } },
		},
		{
			displayName: 'Input Binary Field',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			hint: 'The name of the input binary field containing the file to be sent',
			displayOptions: { show: { ...shown, contentFrom: ['binary'] } },
		},
		{
			displayName: 'Text',
			name: 'text',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			required: true,
			description: 'The content of the message',
			displayOptions: { show: { ...shown, contentFrom: ['text'] } },
		},
		{
			displayName: 'JSON',
			name: 'jsonContent',
			type: 'json',
			default: '={{ $json }}',
			required: true,
			description: 'The content of the message. The whole input item unless you change it.',
			displayOptions: { show: { ...shown, contentFrom: ['json'] } },
		},
		fileNameField([AS_MESSAGE_ID, CUSTOM, SAME_AS_FILE], { ...shown, contentFrom: ['binary'] }),
		fileNameField([AS_MESSAGE_ID, CUSTOM], { ...shown, contentFrom: ['json', 'text'], ...SINCE_1_1 }),
		customFileNameField({ ...shown, contentFrom: ['binary'], fileNameFrom: ['custom'] }),
		customFileNameField({ ...shown, contentFrom: ['json', 'text'], fileNameFrom: ['custom'], ...SINCE_1_1 }),
	];
}

const AS_MESSAGE_ID = {
	name: 'As Message ID',
	value: 'messageId',
	description: 'MESH names the file after the message ID, which tells nobody anything',
};
const CUSTOM = { name: 'Custom', value: 'custom', description: 'A name that you give' };
const SAME_AS_FILE = { name: 'Same as File', value: 'file', description: 'The name that the file has in n8n' };

function fileNameField(options: INodePropertyOptions[], show: IDisplayOptions['show']): INodeProperties {
	return {
		displayName: 'File Name',
		name: 'fileNameFrom',
		type: 'options',
		default: 'messageId',
		description: 'The name under which the recipient gets the file. File names are not protected: do not put patient data into them.',
		options,
		displayOptions: { show },
	};
}

function customFileNameField(show: IDisplayOptions['show']): INodeProperties {
	return {
		displayName: 'Custom File Name',
		name: 'customFileName',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. discharge letter.pdf',
		description: 'The name under which the recipient gets the file',
		displayOptions: { show },
	};
}

/** In alphabetical order, as n8n wants it. */
const OPTIONS: INodeProperties[] = [
	{
		displayName: 'Checksum',
		name: 'checksum',
		type: 'options',
		default: 'none',
		description:
			'Lets the recipient check that the content is complete and unaltered. The content is read once more for it. There is no SHA-512: its 128 hexadecimal digits are more than the 100 characters that MESH takes.',
		options: [
			{ name: 'MD5', value: 'md5', description: 'For recipients that ask for it' },
			{ name: 'None', value: 'none' },
			{ name: 'SHA-256', value: 'sha256', description: 'The usual choice' },
			{ name: 'SHA-384', value: 'sha384', description: 'The longest that fits into a header of MESH' },
		],
	},
	{
		displayName: 'Checksum Value',
		name: 'checksumValue',
		type: 'string',
		default: '',
		placeholder: 'e.g. sha256:9f86d081...',
		description:
			'A checksum that you have already, in hexadecimal, sent as it is instead of one made here. Leave Checksum at None with it.',
	},
	{
		displayName: 'Chunk Size (MiB)',
		name: 'chunkSize',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 95, numberPrecision: 2 },
		default: 20,
		description:
			'Content above this size is sent in chunks of it. MESH takes up to 95 MiB a chunk; some networks and recipients work better with 20.',
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
		description:
			'Whether to tell the recipient that the content itself is compressed, such as a zip file. A flag only: it changes nothing in the content.',
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
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.error.upload }}',
		description:
			'Goes on with a chunked upload that was interrupted, instead of sending a new message: the upload state from the error of that send. Other content or another recipient is refused.',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $binary.data.fileName }}',
		description:
			'Name that the recipient sees, in place of what the field File Name of a binary file says. Left empty, that field counts; a text or JSON is then named after the message ID. File names are not protected: do not put patient data into them.',
	},
	itemsAtOnceOption,
	{
		displayName: 'Local ID',
		name: 'localId',
		type: 'string',
		default: '',
		placeholder: 'e.g. batch-2026-11-26',
		description:
			'Your own ID of the message, by which it can be tracked. Left empty, a UUID is made. Use one that no other message has: when an answer of MESH is lost, only such an ID tells whether the message was sent. Some services prescribe one value for all messages (GP Connect: your ODS code); then the item fails as unknown instead. Do not put patient data into it unless the service demands it.',
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
		placeholder: 'e.g. Weekly extract',
		description: 'Subject of the message; some workflows give it a meaning. Do not put patient data into it unless the service demands it.',
	},
];

/** What the recipient is told of the message beside its content and file name, in the order of use. */
const DETAILS = ['subject', 'localId', 'partnerId'];

/** From version 1.1 of the node on these are no longer among the options. The file name is a field of its own then. */
const NOT_AN_OPTION = [...DETAILS, 'fileName'];

/**
 * The collections Message Details and Options of Send and Reply; version 1 of the node has the options alone.
 * @param without names of those that the operation does not have
 * @param more options of its own
 */
export function sendCollections(
	shown: Record<string, string[]>,
	{ without = [], more = [] }: { without?: readonly string[]; more?: INodeProperties[] } = {},
): INodeProperties[] {
	const all = [...OPTIONS.filter(({ name }) => !without.includes(name)), ...more].sort(byDisplayName);
	const details = DETAILS.flatMap((name) => all.filter((option) => option.name === name));
	return [
		{
			displayName: 'Message Details',
			name: 'messageDetails',
			type: 'collection',
			placeholder: 'Add detail',
			default: {},
			options: details,
			displayOptions: { show: { ...shown, ...SINCE_1_1 } },
		},
		simplifyParameter({ show: shown }),
		optionsField(all, { ...shown, ...VERSION_1 }),
		optionsField(
			all.filter(({ name }) => !NOT_AN_OPTION.includes(name)),
			{ ...shown, ...SINCE_1_1 },
		),
	];
}

const byDisplayName = (one: INodeProperties, other: INodeProperties) => (one.displayName < other.displayName ? -1 : 1);

function optionsField(options: INodeProperties[], show: IDisplayOptions['show']): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
		displayOptions: { show },
	};
}

/** What was chosen in both collections: a workflow may have been saved with either version. */
export function sendOptionsOf(call: ItemCall): IDataObject {
	const details = call.context.getNodeParameter('messageDetails', call.itemIndex, {});
	return { ...optionsOf(call), ...(details as IDataObject) };
}
