import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Fault } from '../contract/faults';
import type { Answer, StreamedBody } from '../server/answer';
import type { Connection } from '../server/frontDoor';
import { genericAnswer } from '../views/errorBody';
import { cutBody, endedConnection, wholeBody } from './cutBody';
import { untilGone } from './pauses';

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

function foreignAnswer({ status, headers, body, framing = 'length', cutAfter, continueFirst }: Extract<Fault, { kind: 'foreignAnswer' }>, victim: Victim): Answer {
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
		Promise.race([once(request, 'end'), once(request, 'close')]).then(() => resolve(), () => resolve());
		if (limit === 0) resolve();
	});
}
