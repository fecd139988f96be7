/**
 * Every path of the API (MESH API, endpoints). All parts are percent-encoded here and nowhere else, so that neither a user's
 * text nor an identifier sent by the server can change which resource is called.
 */
const part = (value: string): string => {
	if (/^\w+$/.test(value)) return value; // as nearly all are
	// A lone `.` or `..` would be taken as a step in the path by URL parsers on the way, encoded or not.
	if (value === '.' || value === '..') return value.replace(/\./g, '%2E');
	return encodeURIComponent(value).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
};

const ROOT = '/messageexchange';
const mailbox = (mailboxId: string) => `${ROOT}/${part(mailboxId)}`;
const inboxMessage = (mailboxId: string, messageId: string) => `${mailbox(mailboxId)}/inbox/${part(messageId)}`;

export const endpoints = {
	handshake: mailbox,
	count: (mailboxId: string) => `${mailbox(mailboxId)}/count`,
	inboxPath: (mailboxId: string) => `${mailbox(mailboxId)}/inbox`,
	inbox: (mailboxId: string, query: Record<string, string | number | undefined>) => `${mailbox(mailboxId)}/inbox${queryString(query)}`,
	message: inboxMessage,
	messageChunk: (mailboxId: string, messageId: string, chunk: number) =>
		chunk === 1 ? inboxMessage(mailboxId, messageId) : `${inboxMessage(mailboxId, messageId)}/${chunk}`,
	acknowledge: (mailboxId: string, messageId: string) => `${inboxMessage(mailboxId, messageId)}/status/acknowledged`,
	outbox: (mailboxId: string) => `${mailbox(mailboxId)}/outbox`,
	outboxChunk: (mailboxId: string, messageId: string, chunk: number) => `${mailbox(mailboxId)}/outbox/${part(messageId)}/${chunk}`,
	tracking: (mailboxId: string, messageId: string) => `${mailbox(mailboxId)}/outbox/tracking${queryString({ messageID: messageId })}`,
	localIdTracking: (mailboxId: string, localId: string) => `${mailbox(mailboxId)}/outbox/tracking/${part(localId)}`,
	endpointLookup: (odsCode: string, workflowId: string) => `${ROOT}/endpointlookup/${part(odsCode)}/${part(workflowId)}`,
	workflowSearch: (workflowId: string) => `${ROOT}/workflowsearch/${part(workflowId)}`,
};

function queryString(query: Record<string, string | number | undefined>): string {
	const pairs = Object.entries(query)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${part(String(value))}`);
	return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
