import { inspect } from 'node:util';
import type { Sandbox } from '../../../sandbox';

const [mailboxPassword, sharedKey] = ['Mailbox-Pass-7Q2', 'Shared-Key-9Z4'];

/** Credentials unlike any other text, so that they can be looked for wherever they must not be. */
export const SECRETS = { mailboxPassword, sharedKey };

/** In every content and description of a message, to be looked for in errors and logs. */
export const PATIENT = 'PatientJane9434765919';

/** Content that compresses little, the same for the same size. */
export function content(size: number): Buffer {
	const bytes = Buffer.alloc(size);
	let state = size + 1;
	for (let i = 0; i < size; i++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		bytes[i] = state >>> 16;
	}
	bytes.write(PATIENT, 0, 'latin1');
	return bytes;
}

/** Content cut as a sender would cut it. */
export function cut(bytes: Buffer, chunkSize: number): Buffer[] {
	return Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, i) => bytes.subarray(i * chunkSize, (i + 1) * chunkSize));
}

/** All that anybody could read of an error, by whatever way of printing it. */
export function everythingIn(error: unknown): string {
	const texts = [String(error), inspect(error, { depth: null, showHidden: true, getters: true }), JSON.stringify(error)];
	if (error instanceof Error) texts.push(error.message, error.stack ?? '', error.cause === undefined ? '' : everythingIn(error.cause));
	return texts.join('\n');
}

/** Throws when a text holds anything secret: credentials, keys, tokens, content or descriptions of a message. */
export function expectNoSecret(text: string, { certificates }: Pick<Sandbox, 'certificates'>): void {
	for (const [name, secret] of [...Object.entries(SECRETS), ['patient data', PATIENT], ['token', 'NHSMESH '], ['PEM', '-----BEGIN']]) {
		if (text.includes(secret)) throw new Error(`The ${name} is shown in: ${text.slice(0, 2_000)}`);
	}
	const keyLines = certificates.client.privateKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
	for (const line of keyLines) if (text.includes(line)) throw new Error('The private key is shown');
}
