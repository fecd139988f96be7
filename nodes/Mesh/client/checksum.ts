/** A checksum whose algorithm could be told. */
export interface KnownChecksum {
	/** As node:crypto names it. */
	algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
	/** Lower-case hex. */
	digest: string;
}

/** Length in hex characters of each digest: senders often leave the algorithm out. */
const ALGORITHM_BY_LENGTH: Readonly<Record<number, KnownChecksum['algorithm']>> = {
	32: 'md5',
	40: 'sha1',
	64: 'sha256',
	96: 'sha384',
	128: 'sha512',
};

/**
 * Reads the forms that senders use: bare hex, or `algorithm:hex` (also with a space or a hyphen in between, and with
 * `SHA-256` for `sha256`). Undefined when the algorithm cannot be told or does not fit the length.
 */
export function readChecksum(text: string): KnownChecksum | undefined {
	const found = /^\s*(?:(md-?5|sha-?(?:1|256|384|512))[:\s-]\s*)?([0-9a-f]+)\s*$/i.exec(text);
	const digest = found?.[2]?.toLowerCase() ?? '';
	const algorithm = ALGORITHM_BY_LENGTH[digest.length];
	const named = found?.[1]?.toLowerCase().replace('-', '');
	if (algorithm === undefined || (named !== undefined && named !== algorithm)) return undefined;
	return { algorithm, digest };
}
