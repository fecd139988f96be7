/** A refusal as MESH words it; the body's shape follows from `shape` and the API version asked for. */
export interface CatalogueEntry {
	status: number;
	event: string;
	code: string;
	text: string;
	/** `generic` is MESH's "internal error" body, `framework` a bare `detail` text; default is MESH's own shape. */
	shape?: 'generic' | 'framework';
}

const GENERIC_TEXT = 'An internal error occurred.\n\nPlease contact support.';

/** Every refusal of the sandbox (MESH API, error codes). Validation errors are built from what is wrong instead. */
export const CATALOGUE = {
	multipleChoices: { status: 300, event: '', code: '', text: 'Multiple Choices' },
	acceptHeader: { status: 400, event: '', code: '', text: 'Accept header api format incorrect' },
	recipientMissing: { status: 400, event: 'SEND', code: '08', text: 'TO_DTS missing' },
	malformedControlFile: { status: 400, event: 'TRANSFER', code: '06', text: 'MalformedControlFile' },
	invalidChecksum: { status: 400, event: 'SEND', code: 'Invalid checksum', text: 'Invalid checksum' },
	odsCodeMissing: { status: 400, event: '', code: '', text: 'ods code missing' },
	workflowIdMissing: { status: 400, event: '', code: '', text: 'workflow id missing' },
	authorizationUnreadable: { status: 403, event: '', code: '', text: 'Error reading from Authorization header' },
	mailboxMismatch: { status: 403, event: '', code: '', text: 'Mailbox id does not match token' },
	invalidToken: { status: 403, event: '', code: '', text: 'Invalid Authentication Token' },
	duplicatedToken: { status: 403, event: '', code: '', text: 'Error Duplicated Authentication Token' },
	inactiveMailbox: { status: 403, event: '', code: '', text: 'Request Received from Inactive Mailbox' },
	noMailboxMatched: { status: 403, event: 'SEND', code: 'EPL-151', text: 'No mailbox matched' },
	forbidden: { status: 403, event: '', code: '', text: 'Forbidden' },
	messageNotFound: { status: 404, event: 'RECEIVE', code: '20', text: 'Message does not exist' },
	notFound: { status: 404, event: '', code: '', text: 'Not Found' },
	routeNotFound: { status: 404, event: '', code: '', text: 'Not Found', shape: 'framework' },
	methodNotAllowed: { status: 405, event: '', code: '', text: 'Method Not Allowed', shape: 'framework' },
	chunkAboveTotal: { status: 406, event: '', code: '', text: GENERIC_TEXT, shape: 'generic' },
	messageGone: { status: 410, event: 'SEND', code: 'Message already accepted', text: 'Message no longer available for download' },
	requestTooLarge: { status: 413, event: '', code: '', text: GENERIC_TEXT, shape: 'generic' },
	invalidFrom: { status: 417, event: 'SEND', code: '07', text: 'Invalid From Address in the control file' },
	invalidControlVersion: { status: 417, event: 'SEND', code: '09', text: 'Invalid version of the control file' },
	invalidMessageType: { status: 417, event: 'SEND', code: '11', text: 'Invalid Message Type for the transfer (should be DATA)' },
	unregisteredRecipient: { status: 417, event: 'SEND', code: '12', text: 'Unregistered to address' },
	senderNotAllowed: { status: 417, event: '', code: '16', text: 'Sender is not allowed to send messages of this type' },
	workflowNotRegistered: { status: 417, event: 'SEND', code: '17', text: 'Workflow ID not registered for mailbox' },
	invalidChunkRange: {
		status: 417,
		event: 'SEND',
		code: 'InvalidHeaderChunks',
		text: 'Invalid chunk values sent in mex-Chunk-Range header',
	},
	emptyBody: { status: 417, event: 'COLLECT', code: '02', text: 'Data file is missing or inaccessible.' },
	encodingChanged: { status: 417, event: '', code: '', text: 'cannot change content encoding' },
	unsupportedEncoding: { status: 422, event: 'SEND', code: 'UnsupportedContentEncoding', text: 'Unsupported content encoding' },
	alreadyFinal: { status: 423, event: '', code: '', text: GENERIC_TEXT, shape: 'generic' },
	tooManyRequests: { status: 429, event: '', code: '', text: GENERIC_TEXT, shape: 'generic' },
	internalError: { status: 500, event: '', code: '', text: GENERIC_TEXT, shape: 'generic' },
} as const satisfies Record<string, CatalogueEntry>;

export type Refusal = keyof typeof CATALOGUE;

/** Failures that MESH reports after it accepted a message (MESH API, non-delivery reports). */
export const REPORT_TEXTS = {
	notCollected: { event: 'SEND', code: '14', text: (days: number) => `Message not collected by recipient after ${days} days` },
	mailboxDeactivated: { event: 'SEND', code: '14', text: () => 'Message was not collected as the mailbox is deactivated' },
	severalMailboxes: { event: 'SEND', code: 'EPL-150', text: () => 'Multiple mailboxes matched' },
	noMailbox: { event: 'SEND', code: 'EPL-151', text: () => 'No mailbox matched' },
	invalidNhsNumber: { event: 'SEND', code: 'EPL-152', text: () => 'NHS Number supplied in message is invalid' },
	unknownNhsNumber: { event: 'SEND', code: 'EPL-153', text: () => 'NHS Number not found' },
	demographicsMismatch: {
		event: 'SEND',
		code: 'EPL-154',
		text: () => 'NHS Number supplied does not match the demographics held for the patient',
	},
} as const;

/** What MESH answers with a mere "internal error", or by breaking off: the request log says what it was. */
export const SERVER_FAILURES = {
	notGzip: 'The content is labelled gzip and is none',
	damagedGzip: 'The gzip content is damaged or incomplete',
	unreadable: 'The stored content cannot be read',
	madeUpCursor: 'continue_from was not made by this sandbox',
	versionThree: 'The NHS sandbox fails at tracking in version 3',
} as const;
