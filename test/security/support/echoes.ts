import type { ServerResponse } from 'node:http';
import { CANARIES } from './canaries';
import type { Seen } from './echoServer';

/** An answer that gives back what the request held, and what MESH knows besides. */
interface Echo {
	name: string;
	answer: (seen: Seen, response: ServerResponse) => void;
}

const json = (status: number, value: (all: string, seen: Seen) => unknown) => (seen: Seen, response: ServerResponse) => {
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value(allOf(seen), seen)));
};
const text = (status: number, value: (all: string) => string) => (seen: Seen, response: ServerResponse) => {
	response.writeHead(status).end(value(allOf(seen)));
};
const markup = (value: string) =>
	value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;');

/** Token, recipient, both secrets and the content, in one line. */
function allOf({ headers, body }: Seen): string {
	const { password, sharedKey, patient } = CANARIES;
	return `refused ${String(headers.authorization)} for ${String(headers['mex-to'] ?? patient)} password ${password} key ${sharedKey}${body && '; content hidden'}`;
}

/** Where an echo can sit in an answer: every form of error that MESH has (MESH API, errors: body shapes), and what is none. */
export const ECHOES: readonly Echo[] = [
	{
		name: 'in the input of a validation list',
		answer: json(400, (all) => ({
			detail: [{ loc: ['header', 'mex-to'], msg: 'field wrong', type: 'value_error', input: all, ctx: { given: all } }],
		})),
	},
	{
		name: 'in the message of a validation list',
		answer: json(400, (all) => ({ detail: [{ loc: ['header', 'mex-to'], msg: all, type: all }] })),
	},
	{
		name: 'in the place of a validation list',
		answer: json(400, (all) => ({ detail: [{ loc: ['header', CANARIES.sharedKey] }, { loc: [all] }] })),
	},
	{
		name: 'in the event, code and text of version 2',
		answer: json(403, (all) => ({ detail: [{ event: CANARIES.sharedKey, code: all, msg: all }] })),
	},
	{ name: 'in an object of version 2', answer: json(417, (all) => ({ detail: { event: all, code: CANARIES.password, msg: all } })) },
	{ name: 'in the code alone', answer: json(417, () => ({ detail: { event: 'SEND', code: CANARIES.password, msg: '' } })) },
	{ name: 'in a detail of text', answer: json(400, (all) => ({ detail: all })) },
	{
		name: 'in the description of version 1',
		answer: json(417, (all) => ({ messageID: all, errorEvent: all, errorCode: all, errorDescription: all })),
	},
	{
		name: 'in the message ID',
		answer: json(417, () => ({ message_id: CANARIES.sharedKey, detail: [{ event: 'SEND', code: '12', msg: 'x' }] })),
	},
	{ name: 'in the message of a framework', answer: json(404, (all) => ({ message: all })) },
	{
		name: 'behind so much text that it is cut in the middle of a secret',
		answer: json(400, () => ({ detail: `${'x'.repeat(270)} ${CANARIES.password} ${'y'.repeat(30)}` })),
	},
	{
		name: 'at the end of the text, the start of a secret only',
		answer: json(400, () => ({ detail: `${'x'.repeat(290)}${CANARIES.sharedKey}` })),
	},
	{ name: 'with its line broken', answer: json(400, (all) => ({ detail: all.replace(/ /g, '\r\n\t') })) },
	{ name: 'as JSON within JSON', answer: json(400, (all) => ({ detail: JSON.stringify({ detail: all }) })) },
	{ name: 'encoded for a URL', answer: json(400, (all) => ({ detail: encodeURIComponent(all) })) },
	{
		name: 'in a SOAP fault',
		answer: text(
			500,
			(all) => `<?xml version="1.0"?><soap:Fault><faultcode>x</faultcode><faultstring>${markup(all)}</faultstring></soap:Fault>`,
		),
	},
	{
		name: 'in the title of a page',
		answer: text(502, (all) => `<html><head><title>${markup(all)}</title></head><body>${markup(all)}</body></html>`),
	},
	{ name: 'in an error that is plain text', answer: text(500, (all) => all) },
	{
		name: 'in a redirect',
		answer: (seen, response) => response.writeHead(302, { location: `https://localhost/?${encodeURIComponent(allOf(seen))}` }).end(),
	},
	{
		name: 'in the reason and the headers of an error',
		answer: (seen, response) => {
			const all = allOf(seen);
			response
				.writeHead(403, all, { 'x-echo': all, 'mex-statusdescription': all, 'retry-after': all, date: 'Thu, 01 Jan 1970 00:00:00 GMT' })
				.end();
		},
	},
	{ name: 'in a success that is no JSON', answer: text(200, (all) => all) },
	{
		name: 'in a success of another shape',
		answer: json(200, (all) => ({
			messages: [all],
			results: [{ mailbox_id: 5, mailbox_name: all }],
			count: all,
			status: 5,
			message_id: [all],
			links: { next: all },
		})),
	},
	{
		name: 'in an encoding and a chunk range',
		answer: (seen, response) =>
			response.writeHead(200, { 'content-encoding': allOf(seen), 'mex-messageid': 'ID1', 'mex-chunk-range': allOf(seen) }).end('x'),
	},
	{ name: 'in the ID of another message', answer: (seen, response) => response.writeHead(200, { 'mex-messageid': allOf(seen) }).end('x') },
	{ name: 'in what is no HTTP', answer: (seen, response) => void response.socket?.end(`HTTP/1.1 2OO ${allOf(seen)}\r\n\r\n`) },
	{
		name: 'before the connection is lost',
		answer: (seen, response) => void response.writeHead(200, { 'content-length': '9000' }).write(allOf(seen), () => response.destroy()),
	},
	{
		name: 'in the tracking of a message that failed',
		answer: (seen, response) => {
			if (seen.method === 'POST' && seen.path.endsWith('/outbox')) return void response.destroy();
			const all = allOf(seen);
			const recent = new Date().toISOString();
			response.writeHead(200).end(
				JSON.stringify({
					message_id: 'ID1',
					status: seen.path.includes('tracking/') ? 'error' : 5,
					upload_timestamp: recent,
					workflow_id: 'W',
					status_description: all,
					status_code: all,
					status_event: CANARIES.sharedKey,
				}),
			);
		},
	},
];
