/** The calls of the MESH API in words. @type {Record<import('./types.js').CallName, string>} */
export const CALL_NAMES = {
	handshake: 'Handshake',
	list: 'List inbox',
	download: 'Download message',
	downloadChunk: 'Download chunk',
	head: 'Message headers',
	acknowledge: 'Acknowledge',
	count: 'Count messages',
	send: 'Send message',
	sendChunk: 'Send chunk',
	track: 'Track',
	trackLocal: 'Track by local ID',
	lookup: 'Endpoint lookup',
	search: 'Workflow search',
	ping: 'Ping',
	other: 'Other',
};

/** What a line of the log is about: a call, or a connection on which there was none. @param {import('./types.js').RecordedRequest['call']} call */
export const callName = (call) => (call === 'connection' ? 'Connection' : CALL_NAMES[call]);
