import { inspect } from 'node:util';
import type { Sandbox } from '../../../sandbox';
import { PATIENT } from './content';
import { SECRETS } from './lane';

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
