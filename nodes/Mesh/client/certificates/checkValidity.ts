import type { X509Certificate } from 'node:crypto';
import { invalidCredential } from '../credentials/invalidCredential';

/** Refuses a client certificate that the server is going to refuse for its dates. */
export function checkValidity({ validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>, parameter: string, now: number): void {
	const from = Date.parse(validFrom);
	const to = Date.parse(validTo);
	if (now > to) {
		throw invalidCredential(
			parameter,
			`The client certificate expired on ${dayOf(to)}`,
			'Have a new one signed by the NHS and put it, with its private key, into the credential.',
		);
	}
	if (now < from) {
		throw invalidCredential(
			parameter,
			`The client certificate is not valid before ${dayOf(from)}`,
			'Check the clock of the n8n host, or wait until then.',
		);
	}
}

function dayOf(time: number): string {
	return new Date(time).toISOString().slice(0, 10);
}
