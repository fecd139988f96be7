import type { OutgoingMessage } from '../types';
import { checkHeaderValue } from './checkHeaderValue';
import { SEND_HEADERS } from './sendHeaderTable';

/** The headers that describe a message, every value checked. An absent or blank optional value is left out. */
export function buildSendHeaders(message: OutgoingMessage): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const rule of SEND_HEADERS) {
		const value = checkHeaderValue(rule, message[rule.parameter] ?? '');
		if (value !== '') headers[rule.header] = value;
	}
	// Flags for the receiver only; MESH itself does nothing with them.
	if (message.contentEncrypted) headers['mex-content-encrypted'] = 'Y';
	if (message.contentCompressed) headers['mex-content-compressed'] = 'Y';
	headers['content-type'] = headers['mex-content-type'] ?? 'application/octet-stream';
	return headers;
}
