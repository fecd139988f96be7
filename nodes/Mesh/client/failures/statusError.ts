import { MeshError } from '../errors';
import { headerOf } from '../http/types';
import type { HttpResponse } from '../http/types';
import { readErrorBody } from './errorBody';
import type { ErrorFacts } from './errorBody';
import type { Redact } from './redacted';
import { statusHint } from './statusHint';

export interface StatusContext {
	call: string;
	method: string;
	now: number;
	messageId?: string;
	localId?: string;
	settings: { redact: Redact };
}

const MAX_BODY_BYTES = 64 * 1024;
const TEMPORARY = [408, 425, 429, 500, 502, 503, 504];

/** The error of an answer that is not a success; its body is read and understood as far as possible. */
export async function statusError(response: HttpResponse, context: StatusContext): Promise<MeshError> {
	const { status, headers } = response;
	const facts = context.method === 'HEAD' ? {} : readErrorBody(await bodyText(response), context.settings.redact);
	const date = Date.parse(headerOf(headers, 'date') ?? '');
	const clockDifferenceMs = Number.isNaN(date) ? undefined : date - context.now;
	const said = describeFacts(facts);
	return new MeshError(`Could not ${context.call}: MESH answered ${status}${said ? ` (${said})` : ''}`, {
		code: 'MESH_STATUS',
		call: context.call,
		httpStatus: status,
		meshEvent: facts.event,
		meshCode: facts.code,
		meshText: facts.text ?? (facts.fields ? `Not accepted: ${facts.fields.join(', ')}` : undefined),
		messageId: facts.messageId ?? context.messageId,
		localId: context.localId,
		hint: statusHint({
			status,
			facts,
			location: headerOf(headers, 'location') !== undefined,
			clockDifferenceMs,
			messageId: context.messageId,
		}),
		clockDifferenceMs,
		temporary: TEMPORARY.includes(status),
		ambiguous: status >= 500 && status !== 501 && status !== 503,
	});
}

/** An answer cut short still has its status: what came of the body is used. */
async function bodyText({ body }: HttpResponse): Promise<string> {
	return await body.read(MAX_BODY_BYTES).then(
		({ bytes }) => bytes.toString('utf8'),
		() => '',
	);
}

function describeFacts({ event, code, text, fields }: ErrorFacts): string {
	const label = [event, code].filter((part) => part && part !== text).join(' ');
	return [label, text, fields && `not accepted: ${[...new Set(fields)].slice(0, 10).join(', ')}`].filter(Boolean).join(': ');
}
