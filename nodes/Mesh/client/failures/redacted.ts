/** Tokens and patient routing addresses, should a server echo them. */
const SENSITIVE = [/NHSMESH\s+\S+/gi, /GPPROVIDER_\S+/gi];

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
