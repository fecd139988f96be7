/** Longest name in bytes: file systems allow 255, and n8n or a user may add a suffix. */
const MAXIMUM_BYTES = 200;

/** Longest extension that is worth keeping when a name must be shortened. */
const MAXIMUM_EXTENSION_BYTES = 20;

/** Names that Windows takes for devices, whatever their extension and the spaces before it (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\s*\..*)?$/i;

/**
 * Makes a file name received from another mailbox harmless: a base name without path, control or direction characters,
 * not a Windows device, at most 200 bytes, never empty. Letters of any language stay.
 * @param received `mex-filename`, untrusted
 * @param fallback used when nothing is left of the name, such as `<message ID>.dat`; is cleaned in the same way
 */
export function safeFileName(received: string | undefined, fallback = 'message.dat'): string {
	const name = clean(received ?? '') || clean(fallback) || 'message.dat';
	return shorten(DEVICE_NAME.test(name) ? `_${name}` : name);
}

function clean(text: string): string {
	const base = safeCharacters(text).normalize('NFC').split(/[/\\]/).at(-1) ?? '';
	// A leading dot hides a file, a trailing dot or space is lost on Windows, and both together spell the parent folder.
	return base.replace(/[<>:"|?*]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '');
}

function shorten(name: string): string {
	if (Buffer.byteLength(name) <= MAXIMUM_BYTES) return name;
	const dot = name.lastIndexOf('.');
	const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAXIMUM_EXTENSION_BYTES ? name.slice(dot) : '';
	let stem = '';
	let bytes = Buffer.byteLength(extension);
	for (const character of name.slice(0, name.length - extension.length)) {
		bytes += Buffer.byteLength(character);
		if (bytes > MAXIMUM_BYTES) break;
		stem += character;
	}
	return stem.replace(/[.\s]+$/, '') + extension;
}

/** What a message is taken for when nothing says otherwise. */
const UNKNOWN = 'application/octet-stream';

/** `type/subtype` (RFC 9110, section 8.3.1, with the lengths of RFC 6838) and, if one follows, the charset. */
const MEDIA_TYPE = /^\s*([a-z0-9][\w.+-]{0,126}\/[a-z0-9][\w.+-]{0,126})\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([a-z0-9][\w.:+-]{0,39})"?\s*(?:;|$)/i;

/** What senders of health data name their files, where the message itself says nothing better. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
	csv: 'text/csv',
	txt: 'text/plain',
	json: 'application/json',
	xml: 'application/xml',
	pdf: 'application/pdf',
	zip: 'application/zip',
	gz: 'application/gzip',
	hl7: 'text/plain',
	edi: 'text/plain',
	tsv: 'text/tab-separated-values',
	xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
	tif: 'image/tiff',
	tiff: 'image/tiff',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	png: 'image/png',
	parquet: 'application/vnd.apache.parquet',
};

interface SafeContentType {
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

/**
 * Control characters (C0, DEL, C1), halves of characters that stand alone, and the invisible characters that reorder or
 * hide text: they let one name pass for another.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** The text without characters that no file name or header value needs. */
function safeCharacters(text: string): string {
	return text.replace(UNSAFE, '');
}
