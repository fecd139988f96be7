import { invalidInput } from '../errors';
import type { OutgoingMessage } from '../types';

/** The text properties of a message that travel as headers. */
export type HeaderParameter = 'to' | 'workflowId' | 'subject' | 'localId' | 'fileName' | 'contentType' | 'checksum' | 'partnerId';

export interface HeaderRule {
	parameter: HeaderParameter & keyof OutgoingMessage;
	/** Name on the wire. */
	header: string;
	/** For people. */
	title: string;
	required?: boolean;
	/** Characters at most (MESH API, send message). */
	maxLength: number;
	/** MESH refuses values that begin like a web address. */
	refusesUrl?: boolean;
	/** What else the value must match, and how to say so. */
	pattern?: { test: RegExp; says: string; hint: string };
	/** The value can be patient data, so it is never shown. */
	hidden?: boolean;
}

/** The one place that knows names and limits of the headers of a message (MESH API, send message). */
export const SEND_HEADERS: readonly HeaderRule[] = [
	{ parameter: 'to', header: 'mex-to', title: 'recipient', required: true, maxLength: 100, refusesUrl: true, hidden: true },
	{ parameter: 'workflowId', header: 'mex-workflowid', title: 'workflow ID', required: true, maxLength: 300, refusesUrl: true },
	{ parameter: 'subject', header: 'mex-subject', title: 'subject', maxLength: 500 },
	{ parameter: 'localId', header: 'mex-localid', title: 'local ID', maxLength: 300 },
	{ parameter: 'fileName', header: 'mex-filename', title: 'file name', maxLength: 300 },
	{ parameter: 'contentType', header: 'mex-content-type', title: 'content type', maxLength: 100 },
	{
		parameter: 'checksum',
		header: 'mex-content-checksum',
		title: 'checksum',
		maxLength: 100,
		refusesUrl: true,
		pattern: {
			test: /^[A-Za-z0-9 :/-]*$/,
			says: 'may hold only letters, digits, spaces, colon, hyphen and slash',
			hint: 'Give the digest in hexadecimal: MESH refuses base64.',
		},
	},
	{ parameter: 'partnerId', header: 'mex-partnerid', title: 'partner ID', maxLength: 500 },
];

export function headerRule(parameter: HeaderParameter): HeaderRule {
	const rule = SEND_HEADERS.find((one) => one.parameter === parameter);
	if (!rule) throw invalidInput(parameter, `No header of MESH holds ${parameter}`);
	return rule;
}
