/** What a message is taken for when nothing says otherwise. */
const UNKNOWN = 'application/octet-stream';

/** `type/subtype` (RFC 9110, section 8.3.1, with the lengths of RFC 6838) and, if one follows, the charset. */
const MEDIA_TYPE = /^\s*([a-z0-9][\w.+-]{0,126}\/[a-z0-9][\w.+-]{0,126})\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([a-z0-9][\w.:+-]{0,39})"?\s*(?:;|$)/i;

/** What senders of health data name their files, where the message itself says nothing better. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
	csv: 'text/csv', txt: 'text/plain', json: 'application/json', xml: 'application/xml', pdf: 'application/pdf',
	zip: 'application/zip', gz: 'application/gzip', hl7: 'text/plain', edi: 'text/plain', tsv: 'text/tab-separated-values',
	xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', tif: 'image/tiff', tiff: 'image/tiff',
	jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', parquet: 'application/vnd.apache.parquet',
};

export interface SafeContentType {
	/** Lower-case `type/subtype` without parameters. */
	mimeType: string;
	/** Lower-case charset that the sender declared. */
	charset?: string;
}

/**
 * Reads a content type received from another mailbox: anything that is not a plain media type becomes
 * `application/octet-stream`, and an absent or octet-stream type is guessed from the file name, because MESH loses the
 * type of many messages.
 * @param received `mex-content-type` or `content-type`, untrusted
 * @param fileName after `safeFileName`
 */
export function safeContentType(received: string | undefined, fileName = ''): SafeContentType {
	const declared = MEDIA_TYPE.exec(received ?? '')?.[1]?.toLowerCase() ?? UNKNOWN;
	const charset = declared === UNKNOWN ? undefined : CHARSET.exec(received ?? '')?.[1]?.toLowerCase();
	const mimeType = declared === UNKNOWN ? guess(fileName) : declared;
	return charset === undefined ? { mimeType } : { mimeType, charset };
}

function guess(fileName: string): string {
	const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
	return Object.hasOwn(BY_EXTENSION, extension) ? (BY_EXTENSION[extension] ?? UNKNOWN) : UNKNOWN;
}
