import { invalidCredential } from './invalidCredential';

/** In upper case, as MESH wants it in the token. */
export function checkMailboxId(mailboxId: string): string {
	const trimmed = mailboxId.trim().toUpperCase();
	if (trimmed === '') throw invalidCredential('mailboxId', 'The mailbox ID is empty', 'It looks like X26HC005.');
	if (!/^[A-Z0-9_.-]{1,100}$/.test(trimmed) || /^\.+$/.test(trimmed)) {
		throw invalidCredential(
			'mailboxId',
			'The mailbox ID may hold only letters, digits, hyphens, full stops and underscores, 100 at most',
			'It looks like X26HC005.',
		);
	}
	return trimmed;
}

/** A password or the shared key. A pasted line break would make every token wrong, with nothing to see. */
export function checkSecret(parameter: 'password' | 'sharedKey', value: string): string {
	const name = parameter === 'password' ? 'mailbox password' : 'shared key';
	if (value === '') throw invalidCredential(parameter, `The ${name} is empty`);
	for (const character of value) {
		if (character < ' ' || character === '\u007f') {
			throw invalidCredential(
				parameter,
				`The ${name} holds a line break or another control character`,
				'Paste it again without a line break.',
			);
		}
	}
	return value;
}
