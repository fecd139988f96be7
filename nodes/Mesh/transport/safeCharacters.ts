/**
 * Control characters (C0, DEL, C1), halves of characters that stand alone, and the invisible characters that reorder or
 * hide text: they let one name pass for another.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** The text without characters that no file name or header value needs. */
export function safeCharacters(text: string): string {
	return text.replace(UNSAFE, '');
}
