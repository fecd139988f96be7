/**
 * Whether a client certificate was issued for a mailbox, judged by its common name. The NHS writes
 * `<mailbox ID or local ID>.<ODS code>.api.mesh-client.nhs.uk`, and what a local ID may be is the organisation's own affair: only
 * the mailbox's own ID says yes, and only what looks like the ID of another mailbox says no. Undefined for all other names, of
 * which nothing can be said.
 */
export function commonNameFits(commonName: string | undefined, mailboxId: string): boolean | undefined {
	const [, name, odsCode] = /^([^.]+)\.([^.]+)\.api\.mesh-client\.nhs\.uk$/i.exec(commonName?.toUpperCase() ?? '') ?? [];
	const mailbox = mailboxId.toUpperCase();
	if (name === undefined || odsCode === undefined || mailbox === '') return undefined;
	if (name === mailbox) return true;
	return name.startsWith(odsCode) && endsAlike(mailbox, name.slice(odsCode.length)) ? false : undefined;
}

/** Mailbox IDs are an ODS code and some letters and digits, such as `HC005`, in which two of one kind agree. */
function endsAlike(mailbox: string, ending: string): boolean {
	return ending.length > 2 && form(mailbox).endsWith(form(ending));
}

function form(text: string): string {
	return text.replace(/[A-Z]/g, 'A').replace(/\d/g, '9');
}
