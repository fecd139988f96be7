import { isMeshError } from '../client';

/** What is wrong with a credential and what to do about it, in one text for the editor. Never quotes a field's content. */
export function explainConnectionFailure(error: unknown): string {
	if (!isMeshError(error)) {
		const name = error instanceof Error ? error.name : 'error';
		return `The connection could not be tested (unexpected ${name}). Check that all fields of the credential are filled in.`;
	}
	return [error.message, error.hint ?? ''].filter((part) => part !== '').map(sentence).join(' ');
}

function sentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
