/** What is known of a refusal, for its title and its advice. Nothing of it may be secret: it is shown. */
export interface RefusalFacts {
	status: number;
	/** The call in words, completing "Could not ...". */
	call: string;
	/** MESH's code and text. */
	code?: string;
	text?: string;
	/** Names of headers or parameters that MESH did not accept. */
	fields?: readonly string[];
	/** Who answers; `unclear` for a bare 403, which MESH may send as well as others. */
	origin?: 'mesh' | 'unclear' | 'foreign';
	/** Server time minus ours, where the answer had a date. */
	clockDifferenceMs?: number;
	/** Our own mailbox. */
	mailboxId?: string;
	/** The message that the call is about. */
	messageId?: string;
	localId?: string;
	/** The recipient and workflow of a message that is sent; no address made of patient data. */
	to?: string;
	workflowId?: string;
}

/**
 * What a person reads about a refusal. `{name}` stands for a fact; of several titles the first counts of which all facts are known.
 */
export interface Advice {
	/** In words, for the documentation: in which case this row counts. */
	when?: string;
	applies?: (facts: RefusalFacts) => boolean;
	titles: readonly string[];
	todo: string;
}

const one = (title: string | readonly string[], todo: string): Advice => ({ titles: typeof title === 'string' ? [title] : title, todo });

/** An answer of 403, 404 or 410 that is not in one of MESH's forms. */
export const FOREIGN_ADVICE: Advice = one(
	'Could not {call}: something in front of MESH answered',
	'The answer is not one of MESH. Check the base URL of the credential (the scheme and host of the environment, nothing else), and the proxies and firewalls between n8n and MESH.',
);

const CHECK_CREDENTIAL =
	'Check the mailbox ID, the mailbox password and the shared key (all three of this environment), that the clock of the n8n host is right, and that the certificate belongs to this mailbox.';

/** MESH refuses tokens that are off by more (MESH API, authorization header). */
const ALLOWED_CLOCK_DIFFERENCE_MS = 2 * 60 * 60 * 1000;

const REFUSED_CREDENTIAL = 'Could not {call}: MESH did not accept mailbox ID, password or shared key';

/** Codes of MESH that say more than the status (MESH API, error catalogue). */
export const CODE_ADVICE: Readonly<Record<string, readonly Advice[]>> = {
	'06': [
		one(
			'A value of the message holds characters that MESH refuses',
			'A value holds control characters or begins with http:// or https://. Correct it, and send again.',
		),
	],
	'07': [one('The sender is not the mailbox of the credential', 'Check the mailbox ID in the credential, and send again.')],
	'08': [one('The message has no recipient', 'Give the recipient mailbox ID.')],
	'12': [
		one(
			["Recipient '{to}' is not registered with MESH", 'The recipient is not registered with MESH'],
			'Check the mailbox ID of the recipient; look it up by ODS code and workflow ID. Mailboxes differ between environments.',
		),
	],
	'14': [
		one(
			['The recipient did not collect message {messageId} in time', 'The recipient did not collect the message in time'],
			'The recipient did not collect the message in time, or its mailbox is no longer active. Ask the recipient, then send it again.',
		),
	],
	'16': [
		one(
			["Mailbox {mailboxId} may not send messages of workflow '{workflowId}'", 'The mailbox may not send messages of this workflow'],
			'Check the spelling of the workflow ID, and ask for the mailbox to be registered as a sender of it.',
		),
	],
	'17': [
		one(
			["Workflow ID '{workflowId}' is not registered for the mailbox", 'The workflow ID is not registered for the mailbox'],
			'Check its spelling, and ask for it to be registered.',
		),
	],
	'20': [
		one(
			['Message {messageId} is not in mailbox {mailboxId}', 'There is no such message in the mailbox'],
			'Check the message ID and the mailbox of the credential. The message may also have been acknowledged, or have expired.',
		),
	],
	'EPL-150': [one('Several mailboxes match the patient', 'Send to the mailbox of the practice by its ID.')],
	'EPL-151': [
		{
			when: 'answered with 403',
			applies: ({ status }) => status === 403,
			titles: ['MESH does not know mailbox {mailboxId}', 'MESH does not know the mailbox of the credential'],
			todo: 'Check the mailbox ID in the credential, and that the environment is the one that it was issued for.',
		},
		one(
			["MESH has no mailbox '{to}' for this workflow", 'MESH has no mailbox for this recipient and workflow'],
			'Check the recipient and the workflow ID.',
		),
	],
	'EPL-152': [one("The patient's NHS number is not valid", 'Correct the NHS number, and send again.')],
	'EPL-153': [
		one(
			"The patient's NHS number was not found",
			'Check the NHS number in the patient record, or send to the mailbox of the practice by its ID.',
		),
	],
	'EPL-154': [
		one("The patient's date of birth or surname does not match the NHS number", 'Check the three in the patient record, and send again.'),
	],
	'Invalid checksum': [
		one(
			'MESH does not accept the checksum',
			'MESH takes letters, digits, spaces, colon, hyphen and slash in a checksum: send it in hexadecimal, not base64.',
		),
	],
	InvalidHeaderChunks: [
		one(
			'MESH does not accept the number of a chunk',
			'The chunk number or the number of chunks is wrong. Do not change the chunk size of a started upload.',
		),
	],
	UnsupportedContentEncoding: [
		one('MESH does not accept how the content is compressed', 'MESH takes gzip or no compression. Switch compression off, and send again.'),
	],
};

export const STATUS_ADVICE: Readonly<Record<number, readonly Advice[]>> = {
	300: [one(['Several messages have the local ID {localId}', 'Several messages have this local ID'], 'Use the message ID.')],
	400: [
		{
			when: 'MESH names what is wrong',
			applies: ({ fields }) => fields !== undefined,
			titles: ['Could not {call}: MESH did not accept {fields}'],
			todo: 'Correct the values named above.',
		},
		one(
			'Could not {call}: MESH did not accept the values',
			'Check the values sent. On some NHS addresses 400 also means that the client certificate was refused.',
		),
	],
	401: [
		one(
			'Could not {call}: something in front of MESH wants a login',
			'Something in front of MESH, such as a proxy, wants credentials of its own. Check the base URL, and HTTPS_PROXY of the n8n host.',
		),
	],
	403: [
		{
			when: "the host's clock is off by more than two hours",
			applies: ({ clockDifferenceMs = 0 }) => Math.abs(clockDifferenceMs) > ALLOWED_CLOCK_DIFFERENCE_MS,
			titles: ['Could not {call}: the clock of the n8n host is wrong'],
			todo: "The clock of the n8n host is {clock} the server's, and MESH allows two hours: set the clock right.",
		},
		{
			when: 'an inactive mailbox',
			applies: ({ text }) => /inactive/i.test(text ?? ''),
			titles: ['Mailbox {mailboxId} is not active', 'The mailbox is not active'],
			todo: 'Ask the NHS national service desk.',
		},
		{
			when: '"Forbidden", for a message',
			applies: ({ text, messageId }) => messageId !== undefined && /^forbidden\.?$/i.test(text ?? ''),
			titles: ["Message {messageId} is another mailbox's message"],
			todo: 'MESH gives a message only to the mailbox that it was sent to. Check the message ID: behind Send or Reply it must be the ID of the received message, not of the one sent. If it is right, check the mailbox ID, the password and the shared key of the credential.',
		},
		{
			when: 'for a message, without a reason',
			applies: ({ origin, messageId }) => origin === 'unclear' && messageId !== undefined,
			titles: ['Could not {call}: MESH, or something in front of it, refused'],
			todo: `${CHECK_CREDENTIAL} It may also be that the message belongs to another mailbox. MESH usually gives a reason, and here is none: a proxy or a firewall in front of it may have refused.`,
		},
		{
			when: 'without a reason',
			applies: ({ origin }) => origin === 'unclear',
			titles: ['Could not {call}: MESH, or something in front of it, refused'],
			todo: `${CHECK_CREDENTIAL} MESH usually gives a reason, and here is none: a proxy or a firewall in front of it may have refused.`,
		},
		{
			when: 'for a message',
			applies: ({ messageId }) => messageId !== undefined,
			titles: [REFUSED_CREDENTIAL],
			todo: `${CHECK_CREDENTIAL} It may also be that the message belongs to another mailbox.`,
		},
		one(REFUSED_CREDENTIAL, CHECK_CREDENTIAL),
	],
	404: [
		{
			when: 'for a message',
			applies: ({ messageId, localId }) => messageId !== undefined || localId !== undefined,
			titles: ['MESH has no message {messageId} in mailbox {mailboxId}', 'MESH has no message with the local ID {localId}'],
			todo: 'MESH does not know it, or it belongs to another mailbox. Check the ID and the mailbox of the credential.',
		},
		one(
			'Could not {call}: there is no such address on this server',
			'Check the base URL of the credential: the scheme and host of the environment, nothing else.',
		),
	],
	405: [one('Could not {call}: what answers there is not MESH', 'Check the base URL of the credential.')],
	406: [
		one(
			'MESH does not expect a chunk of this number',
			'The chunk number is above the number of chunks that the first chunk announced. Send the message anew, as a whole.',
		),
	],
	407: [
		one(
			'Could not {call}: the proxy wants a user name and password',
			'Put the user name and password of the proxy into HTTPS_PROXY of the n8n host.',
		),
	],
	408: [
		one(
			'Could not {call}: the request did not arrive in time',
			'Something on the way did not get the whole request in time. Try again later; on a slow link a smaller chunk size helps.',
		),
	],
	410: [
		one(
			['Message {messageId} is no longer available', 'The message is no longer available'],
			'It was acknowledged, has expired, failed, or is still being uploaded. Its sender can track it, and send it again.',
		),
	],
	413: [one('Could not {call}: the request was larger than the server takes', 'Use a smaller chunk size.')],
	417: [one('MESH refused the message', 'Check the recipient mailbox ID and the workflow ID.')],
	422: [one('MESH does not accept how the content is compressed', 'Switch compression off, and send again.')],
	423: [one('MESH has the whole message and takes no more chunks', 'Track the message to see its status.')],
	425: [one('Could not {call}: MESH wants the request later', 'Try again later.')],
	429: [one('Could not {call}: there were too many requests', 'Try again later, and poll less often.')],
	500: [one('Could not {call}: MESH reports a fault of its own', 'Try again later; if it lasts, contact the NHS national service desk.')],
	502: [one('Could not {call}: a gateway could not reach MESH', 'A gateway in front of MESH could not reach it. Try again later.')],
	503: [one('Could not {call}: MESH is not available at the moment', 'Try again later.')],
	504: [
		one(
			'Could not {call}: MESH did not answer a gateway in time',
			'A gateway in front of MESH did not get an answer in time. Try again later.',
		),
	],
};

/** Statuses without a row of their own. */
export const OTHER_ADVICE: readonly Advice[] = [
	{
		when: 'another status from 300 to 399',
		applies: ({ status }) => status >= 300 && status < 400,
		titles: ['Could not {call}: the server names another address'],
		todo: 'Redirects are not followed, as the answer could come from another host. Check the base URL: no path, and https rather than http.',
	},
	{
		when: 'another status from 500 on',
		applies: ({ status }) => status >= 500,
		titles: ['Could not {call}: the server failed'],
		todo: 'Try again later.',
	},
	{
		...one('Could not {call}: MESH refused the request', 'Check the values sent and the base URL.'),
		when: 'any other status',
	},
];

/** The title of a refusal, and what to do about it. */
export function adviceOn(facts: RefusalFacts): { title: string; todo: string } {
	const byCode = facts.code !== undefined && Object.hasOwn(CODE_ADVICE, facts.code) ? CODE_ADVICE[facts.code] : undefined;
	const rows = facts.origin === 'foreign' ? [FOREIGN_ADVICE] : (byCode ?? STATUS_ADVICE[facts.status] ?? OTHER_ADVICE);
	const { titles, todo } = rows.find(({ applies }) => applies?.(facts) ?? true) ?? FOREIGN_ADVICE;
	const known = texts(facts);
	return { title: filled(titles, known), todo: filled([todo], known) };
}

function texts({
	call,
	fields,
	clockDifferenceMs,
	mailboxId,
	messageId,
	localId,
	to,
	workflowId,
}: RefusalFacts): Record<string, string | undefined> {
	return {
		call,
		fields: fields && [...new Set(fields)].slice(0, 10).join(', '),
		clock: clockDifferenceMs === undefined ? undefined : clockText(clockDifferenceMs),
		mailboxId,
		messageId,
		localId,
		to,
		workflowId,
	};
}

function filled(templates: readonly string[], known: Record<string, string | undefined>): string {
	const usable = templates.find((template) => placeholdersOf(template).every((name) => known[name] !== undefined));
	return (usable ?? templates.at(-1) ?? '').replace(/\{(\w+)\}/g, (_whole, name: string) => known[name] ?? '…');
}

const placeholdersOf = (template: string) => [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

function clockText(differenceMs: number): string {
	const minutes = Math.round(Math.abs(differenceMs) / 60_000);
	const hours = Math.floor(minutes / 60);
	const length = hours >= 48 ? `${Math.round(hours / 24)} days` : `${hours} h ${minutes % 60} min`;
	return `${length} ${differenceMs > 0 ? 'behind' : 'ahead of'}`;
}
