import { invalidCredential } from '../credentials/invalidCredential';

/** One `-----BEGIN ...-----` block of a pasted text, clean again. */
export interface PemBlock {
	/** Such as `CERTIFICATE` or `ENCRYPTED PRIVATE KEY`. */
	label: string;
	/** In lines of 64 characters, with a line break at the end. */
	pem: string;
	/** Encrypted in OpenSSL's traditional form, by headers inside the block. */
	hasEncryptionHeaders: boolean;
}

/** A certificate has about 2 kB; a CA bundle of all NHS environments less than 40. */
const MAX_TEXT = 1_000_000;

/**
 * The PEM blocks in a text as people paste it: line breaks lost, turned into spaces or into `\n`, CRLF, text before and
 * between, dashes that a word processor made prettier. Throws `MESH_INVALID_CREDENTIAL` for a block that is cut off or damaged.
 */
export function pemBlocks(text: string, parameter: string): PemBlock[] {
	if (text.length > MAX_TEXT) throw invalidCredential(parameter, `The ${TITLES[parameter] ?? parameter} is far too long`);
	const normal = text
		.replace(/\\r|\\n/g, '\n')
		.replace(/[\u2010-\u2015\u2212]+(?=\s*(BEGIN|END) )/g, '-----')
		.replace(/((?:BEGIN|END) [A-Z0-9 ]{1,40}?)\s*[\u2010-\u2015\u2212]+/g, '$1-----');
	const blocks: PemBlock[] = [];
	const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----/g;
	for (let match = begin.exec(normal); match; match = begin.exec(normal)) {
		const [marker, label] = match;
		const start = match.index + marker.length;
		const end = normal.indexOf(`-----END ${label}-----`, start);
		const next = normal.indexOf('-----BEGIN ', start);
		if (end === -1 || (next !== -1 && next < end)) {
			throw invalidCredential(
				parameter,
				`The ${TITLES[parameter] ?? parameter} is cut off: the last line of a block (${label}) is missing`,
				'Paste the whole text again, from the first to the last line of dashes.',
			);
		}
		blocks.push(block(label, normal.slice(start, end), parameter));
		begin.lastIndex = end;
	}
	return blocks;
}

/** What people call the fields. */
export const TITLES: Readonly<Record<string, string>> = {
	certificate: 'client certificate',
	privateKey: 'private key',
	pkcs12: 'PKCS#12 file',
	passphrase: 'passphrase',
	certificateAuthorities: 'list of CA certificates',
};

function block(label: string, body: string, parameter: string): PemBlock {
	const { headers, content } = splitHeaders(body);
	const base64 = content.replace(/[\s\u00a0\u200b-\u200d\u2060\ufeff]+/g, '');
	if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 === 1) {
		throw invalidCredential(
			parameter,
			`The ${TITLES[parameter] ?? parameter} is damaged: inside a block (${label}) there is something else than base64`,
			'Paste the text again as it is in the file.',
		);
	}
	const lines = base64.match(/.{1,64}/g) ?? [];
	const pem = [`-----BEGIN ${label}-----`, ...headers, ...lines, `-----END ${label}-----`, ''].join('\n');
	return { label, pem, hasEncryptionHeaders: headers.length > 0 };
}

/** Initialisation vectors in hexadecimal digits; needed where nothing separates one from the base64 that follows. */
const IV_DIGITS: ReadonlyArray<[cipher: RegExp, digits: number]> = [
	[/^AES-/, 32],
	[/^(DES-|RC2-)/, 16],
];

/** `Proc-Type` and `DEK-Info` of a key in OpenSSL's traditional encryption, which may have run together with the base64. */
function splitHeaders(body: string): { headers: string[]; content: string } {
	const match = /^\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*([A-Z0-9]+(?:-[A-Z0-9]+){1,3}),\s*/.exec(body);
	if (!match) return { headers: [], content: body };
	const [whole, cipher] = match;
	const rest = body.slice(whole.length);
	const digits = IV_DIGITS.find(([pattern]) => pattern.test(cipher))?.[1] ?? /^[0-9A-Fa-f]*/.exec(rest)?.[0].length ?? 0;
	return {
		headers: ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${cipher},${rest.slice(0, digits)}`, ''],
		content: rest.slice(digits),
	};
}
