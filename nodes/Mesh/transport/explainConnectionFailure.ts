import { isMeshError, type MeshError } from '../client';

/** What is wrong with a credential and what to do about it, in one text for the editor. Never quotes a field's content. */
export function explainConnectionFailure(error: unknown): string {
	if (!isMeshError(error)) {
		const name = error instanceof Error ? error.name : 'error';
		return `The connection could not be tested (unexpected ${name}). Check that all fields of the credential are filled in.`;
	}
	return [error.message, whatToDo(error)].filter((part) => part !== undefined).map(sentence).join(' ');
}

/** The advice alone, for where the message stands beside it. */
export function whatToDo({ hint, networkCode = '' }: MeshError): string | undefined {
	const advice = CLOSED_ON_US.includes(networkCode) ? CLOSED_HINT : hint;
	return advice && sentence(advice);
}

/** The connection came about and was closed before any answer. */
const CLOSED_ON_US: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** With TLS 1.3 a server looks at the client certificate only after the handshake, and many just hang up then. */
const CLOSED_HINT =
	'If it happens each time, the server probably refused the client certificate, or wants one and there is none: check that it was issued for this environment, is in date and belongs to this mailbox. Otherwise a proxy or a firewall closed the connection';

function sentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
