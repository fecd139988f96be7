import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Fault, HeaderLines } from '../contract/faults';
import { lengthOf, wholeBody } from '../server/answer';
import type { Answer, StreamedBody } from '../server/answer';
import type { Connection } from '../server/frontDoor';
import { genericAnswer } from '../views/errorBody';
import { cutBody, endedConnection, pauseUnlessGone, untilGone, untilSent, untilWritten } from './interruptions';

const SOAP_FAULT =
	'<?xml version="1.0" encoding="UTF-8"?>' +
	'<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body>' +
	'<SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>An internal error occurred</faultstring></SOAP-ENV:Fault>' +
	'</SOAP-ENV:Body></SOAP-ENV:Envelope>';

/** Where a fault can strike. */
export interface Victim {
	request: IncomingMessage;
	connection: Connection;
	closing: AbortSignal;
	/** To be called when nothing more will be said. */
	onSilence(): void;
}

/** Plays the faults that keep a request from being processed. `proceed`: this fault is none of them; `none`: there is no answer. */
export async function beforeProcessing(fault: Fault | undefined, victim: Victim): Promise<Answer | 'proceed' | 'none'> {
	switch (fault?.kind) {
		case 'status':
			return faultAnswer(fault);
		case 'foreignAnswer':
			await drain(victim.request);
			return foreignAnswer(fault, victim);
		case 'xmlError':
			return { status: fault.status ?? 500, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: SOAP_FAULT };
		case 'emptyForbidden':
			return { status: 403, headers: {} };
		case 'resetBeforeProcessing':
			await drain(victim.request);
			victim.connection.reset();
			return 'none';
		case 'resetInRequestBody':
			await drain(victim.request, fault.afterBytes);
			victim.connection.reset();
			return 'none';
		case 'stall':
			if (fault.where !== 'beforeAnswer') return 'proceed';
			await drain(victim.request);
			victim.onSilence();
			await untilGone(victim.request.socket, victim.closing);
			return 'none';
		default:
			return 'proceed';
	}
}

function faultAnswer({ status, headers, body }: Extract<Fault, { kind: 'status' }>): Answer {
	const answer = genericAnswer(status);
	return { status, headers: { ...answer.headers, ...withLowerCaseNames(headers ?? {}) }, body: body ?? answer.body };
}

function withLowerCaseNames<T>(headers: Record<string, T>): Record<string, T> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function foreignAnswer(
	{ status, headers, body, framing = 'length', cutAfter, continueFirst }: Extract<Fault, { kind: 'foreignAnswer' }>,
	victim: Victim,
): Answer {
	const end = () => endedConnection(victim.request.socket, victim.closing);
	const whole = wholeBody(body ?? '') as StreamedBody;
	const content = cutAfter === undefined ? whole : cutBody(body ?? '', cutAfter, end);
	return {
		status,
		headers: withLowerCaseNames(headers ?? {}),
		body: { stream: content.stream, length: framing === 'length' ? content.length : undefined },
		framing: framing === 'untilClose' ? 'none' : undefined,
		continueFirst,
		isForeign: true,
	};
}

/** Reads the body away, up to `limit` bytes or its end, or until the client hangs up. */
async function drain(request: IncomingMessage, limit = Infinity): Promise<void> {
	let bytes = 0;
	await new Promise<void>((resolve) => {
		if (request.readableEnded || request.destroyed) return resolve();
		request.on('data', (block: Buffer) => {
			bytes += block.length;
			if (bytes >= limit) resolve();
		});
		Promise.race([once(request, 'end'), once(request, 'close')]).then(
			() => resolve(),
			() => resolve(),
		);
		if (limit === 0) resolve();
	});
}

/** Plays the faults that strike after a request took effect. `none`: there is no answer. */
export async function afterProcessing(fault: Fault | undefined, answer: Answer, victim: Victim): Promise<Answer | 'none'> {
	const { connection, closing } = victim;
	const { socket } = victim.request;
	switch (fault?.kind) {
		case 'garbageJson':
			return garbage(answer);
		case 'resetAfterProcessing':
			connection.reset();
			return 'none';
		case 'unsolicitedContinue':
			return { ...answer, continueFirst: true };
		case 'lateAnswer':
			victim.onSilence();
			await pauseUnlessGone(fault.ms, socket, closing);
			return answer;
		case 'wrongHeader':
			// As a stream, since for a body in memory the true length would be put back.
			return { ...answer, headers: overridden(answer.headers, fault.headers), body: wholeBody(answer.body) };
		case 'resetInResponseBody': {
			if (lengthOf(answer.body) === 0) {
				connection.reset();
				return 'none';
			}
			const reset = async () => {
				await untilSent(socket, closing);
				connection.reset();
			};
			return { ...answer, body: cutBody(answer.body, fault.afterBytes, reset) };
		}
		case 'truncate': {
			const length = lengthOf(answer.body);
			if (fault.length === 'adjusted') {
				if (length === 0) return answer;
				const { stream } = cutBody(answer.body, fault.bytes, async () => undefined);
				return { ...answer, body: { stream, length: length === undefined ? undefined : Math.min(fault.bytes, length - 1) } };
			}
			if (length === 0) {
				socket.end();
				return 'none';
			}
			if (fault.length === 'none') {
				const { stream } = cutBody(answer.body, fault.bytes, async () => undefined);
				return { ...answer, body: { stream }, framing: 'none' };
			}
			return { ...answer, body: cutBody(answer.body, fault.bytes, () => endedConnection(socket, closing)) };
		}
		case 'stall': {
			const silence = async () => {
				await untilWritten(socket, closing);
				victim.onSilence();
				await untilGone(socket, closing);
			};
			if (lengthOf(answer.body) === 0) {
				await silence();
				return 'none';
			}
			return { ...answer, body: cutBody(answer.body, fault.afterBytes ?? 0, silence) };
		}
		default:
			return answer;
	}
}

/** As if a proxy had swallowed half of the answer: status kept, MESH's headers lost, JSON broken off. */
function garbage(answer: Answer): Answer {
	return { status: answer.status, headers: { 'content-type': 'application/json' }, body: '{"message_id": "2020' };
}

function overridden(headers: HeaderLines, changes: HeaderLines): HeaderLines {
	const result = { ...headers };
	for (const [name, value] of Object.entries(changes)) {
		if (value === '') delete result[name.toLowerCase()];
		else result[name.toLowerCase()] = value;
	}
	return result;
}
