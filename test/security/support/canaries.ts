import { inspect } from 'node:util';

/**
 * Values for everything that must stay secret, each piece of which sings: whatever part of one gets out, it holds this word.
 * The marks between the pieces are those at which a text is cut, quoted or escaped on its way through JSON, XML and URLs.
 */
export const CANARIES = {
	password: 'canary1&canary2<canary3>"canary4\'canary5\\canary6 canary7%canary8',
	/** A plain word, as a server may mistake it for the name of a field. */
	sharedKey: 'canary-Key.9Z4',
	passphrase: 'canary passphrase',
	/** A patient's address: NHS number, date of birth, surname (MESH API, GPPROVIDER routing). */
	patient: "GPPROVIDER_9434765919_19550109_O'Canary de-Canary",
	content: 'canary content of a letter',
} as const;

/** The word, the patient's number and birthday, tokens with or without their scheme, and keys in PEM form. */
const SONGS = [
	/[^"\n]{0,40}canary[^"\n]{0,20}/i,
	/9434765919/,
	/19550109/,
	/NHSMESH\s*[A-Z0-9]+:/i,
	/:\d{12}:[0-9a-f]{16,}/i,
	/BEGIN [A-Z ]*PRIVATE KEY/,
	/[Aa]uthorization"?\s*[:=]/,
];

/** The parts of a text that should not be there; empty when all is well. `keys` are PEM texts, looked for line by line. */
export function songsIn(text: string, keys: string[] = []): string[] {
	const lines = keys.flatMap((pem) => pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')));
	const encoded = Object.values(CANARIES).flatMap((canary) => [
		Buffer.from(canary).toString('base64').slice(0, 24),
		Buffer.from(canary).toString('hex').slice(0, 24),
	]);
	return [...SONGS.flatMap((song) => song.exec(text)?.[0] ?? []), ...[...lines, ...encoded].filter((line) => text.includes(line))];
}

/** All of an error or a value that a log, a store or a debugger could show: hidden properties, causes and stacks included. */
export function everythingIn(value: unknown): string {
	return inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null, breakLength: Infinity, getters: true });
}
