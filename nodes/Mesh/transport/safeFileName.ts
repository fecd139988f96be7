import { safeCharacters } from './safeCharacters';

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
