/**
 * Whether a client certificate was issued for a mailbox, judged by its common name. The NHS writes
 * `<mailbox or local ID>.<ODS code>.api.mesh-client.nhs.uk`, and mailbox IDs begin with the ODS code of their organisation.
 * Undefined for names of another form, of which nothing can be said.
 */
export function commonNameFits(commonName: string | undefined, mailboxId: string): boolean | undefined {
	const [, first, odsCode] = /^([^.]+)\.([^.]+)\.api\.mesh-client\.nhs\.uk$/i.exec(commonName ?? '') ?? [];
	if (first === undefined || odsCode === undefined || mailboxId === '') return undefined;
	const mailbox = mailboxId.toUpperCase();
	return first.toUpperCase() === mailbox || mailbox.startsWith(odsCode.toUpperCase());
}
