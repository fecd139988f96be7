import type { IDataObject } from 'n8n-workflow';
import { invalidInput, type OutgoingMessage } from '../../../client';
import { digestOf } from '../../../client/sources';
import type { BinarySource } from '../../../transport/messageSource';
import { optionalText } from '../../parameters';

/** Where a message goes and what it belongs to. */
export type Envelope = Pick<OutgoingMessage, 'to' | 'workflowId' | 'localId'>;

/** The message that the options describe. A checksum reads the content once before it is sent. */
export async function readMessage(options: IDataObject, envelope: Envelope, source: BinarySource, signal: AbortSignal | undefined): Promise<OutgoingMessage> {
	return {
		...envelope,
		subject: optionalText(options, 'subject'),
		// Only on request: names of files often tell who the patient is, and anybody on the way can read them.
		fileName: optionalText(options, 'fileName'),
		contentType: optionalText(options, 'contentType') ?? source.mimeType,
		partnerId: optionalText(options, 'partnerId'),
		checksum: await checksum(options, source, signal),
		contentEncrypted: options.contentEncrypted === true ? true : undefined,
		contentCompressed: options.contentCompressed === true ? true : undefined,
		source,
	};
}

/** The user's own, or bare hex as in the examples of MESH: its length tells the algorithm. */
async function checksum(options: IDataObject, source: BinarySource, signal: AbortSignal | undefined): Promise<string | undefined> {
	const algorithm = options.checksum ?? 'none';
	const given = optionalText(options, 'checksumValue');
	if (algorithm === 'none') return given;
	if (given !== undefined) throw invalidInput('checksumValue', "'Checksum Value' is given, and 'Checksum' asks for one to be made", "Set 'Checksum' to None, or leave 'Checksum Value' empty.");
	if (algorithm === 'md5' || algorithm === 'sha256' || algorithm === 'sha384') return await digestOf(source, algorithm, signal);
	throw invalidInput('checksum', "'Checksum' is not one of its choices", 'Use none, md5, sha256 or sha384.');
}
