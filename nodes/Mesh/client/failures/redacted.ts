/** Tokens and patient routing addresses, should a server echo them; surnames have spaces, so an address ends with its quotation. */
const SENSITIVE = [/NHSMESH\s+\S+/gi, /GPPROVIDER_[^"'<>\r\n]*/gi];

/** Text from a server without what must not be shown: tokens, GPPROVIDER addresses and the given secrets. */
export function redacted(text: string, secrets: string[] = []): string {
	let result = text;
	for (const pattern of SENSITIVE) result = result.replace(pattern, '[hidden]');
	for (const secret of secrets) {
		// Very short secrets would blank out ordinary words.
		if (secret.length >= 4) result = result.split(secret).join('[hidden]');
	}
	return result;
}
