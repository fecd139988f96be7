import { MeshError } from './errors';
import { headerOf } from './http/response';
import type { HttpResponse } from './http/response';

/** An answer with the server's clock. */
export interface MeshAnswer extends HttpResponse {
	/** The `Date` header, where it could be read. */
	serverTime?: Date;
	/** Server time minus our time in milliseconds, taken at the middle of the exchange. */
	clockDifferenceMs?: number;
}

/**
 * What MESH's own success of a call looks like, and what is made of it (MESH API, endpoints). Content types are no guide. Every
 * call has to say it: what does not fit was answered by something in front of MESH, whatever its status.
 */
export type Success<T> =
	/** Nothing at all, `null`, or an object that names the message or the mailbox of the call, as other versions of the API answer. */
	| { form: 'nothing'; id: string; emptyWith?: number; read(answer: MeshAnswer): T }
	/** A JSON object. `read` throws `UnfitAnswer` for one that lacks what it must have. */
	| { form: 'object'; read(object: Record<string, unknown>, answer: MeshAnswer): T }
	/** The headers of a message; with GET its content, which `read` takes over. */
	| { form: 'message'; read(answer: MeshAnswer): T | Promise<T> };

/** Thrown by whoever reads an answer; the call that it is about is added where the call is made. */
export class UnfitAnswer extends MeshError {
	constructor(
		code: 'MESH_PROTOCOL' | 'MESH_INTEGRITY',
		readonly why: string,
	) {
		super(`The answer does not fit: ${why}`, { code, temporary: true });
	}

	/** In full. */
	of(call: string, httpStatus: number): MeshError {
		return this.code === 'MESH_PROTOCOL' ? foreignAnswer(call, httpStatus, this.why) : contradictoryAnswer(call, this.why);
	}
}

/** MESH does not answer like this. */
export const notFromMesh = (why: string): UnfitAnswer => new UnfitAnswer('MESH_PROTOCOL', why);

/** MESH answers like this, but not so that it agrees with itself or with what was asked for. */
export const contradiction = (why: string): UnfitAnswer => new UnfitAnswer('MESH_INTEGRITY', why);

/** The one error for an answer that is not MESH's; asking again may help, as what is in between can be out of order for a moment. */
export function foreignAnswer(call: string, httpStatus: number | undefined, why: string): MeshError {
	return new MeshError(`Could not ${call}: something in front of MESH answered, ${why}`, {
		code: 'MESH_PROTOCOL',
		call,
		httpStatus,
		hint: 'What answers there may not be MESH, or something in between changes the answer. Check the base URL and the proxy settings.',
		temporary: true,
		// It may have passed the request on before it answered in MESH's place.
		ambiguous: true,
	});
}

function contradictoryAnswer(call: string, why: string): MeshError {
	return new MeshError(`Could not ${call}: ${why}`, {
		code: 'MESH_INTEGRITY',
		call,
		hint: 'Something between here and MESH mixes answers up, or changes them. Check proxies and caches on the way.',
		temporary: true,
	});
}

/** Below 300: what MESH never answers to a call of this form comes from somewhere else. */
const STATUSES: Readonly<Record<Success<unknown>['form'], readonly number[]>> = {
	nothing: [200, 202],
	object: [200, 202],
	message: [200, 206],
};

/** Reads a success, or throws `UnfitAnswer`. */
export async function readSuccess<T>(answer: MeshAnswer, success: Success<T>): Promise<T> {
	if (success.form === 'message') {
		checkMessageHeaders(answer);
		return await success.read(answer);
	}
	if (!STATUSES[success.form].includes(answer.status)) throw notFromMesh(`with a status (${answer.status}) that MESH does not use here`);
	const text = await shortText(answer);
	if (success.form === 'object') return success.read(jsonObject(text), answer);
	checkNothing(text, answer.status, success);
	return success.read(answer);
}

function checkNothing(text: string, status: number, { id, emptyWith }: { id: string; emptyWith?: number }): void {
	if (text.trim() === '') {
		if (emptyWith !== undefined && status !== emptyWith) throw notFromMesh('its answer is empty');
		return;
	}
	const value = parseJson(text);
	if (value === null) return;
	if (!isObject(value)) throw notFromMesh('it is not the JSON that MESH sends');
	const named = ID_FIELDS.map((field) => value[field]).find((found) => found !== undefined);
	if (typeof named !== 'string' || named.toUpperCase() !== id.toUpperCase()) throw notFromMesh('it does not name what the call was about');
}

/** As the versions of the API spell them. */
const ID_FIELDS = ['message_id', 'messageId', 'messageID', 'mailbox_id', 'mailboxId'];

/** Of these each answer has one: two that differ are of two answers, and nobody knows which of them the content belongs to. */
const SINGLE_HEADERS = ['mex-messageid', 'mex-messagetype', 'mex-chunk-range', 'mex-content-checksum'];

/**
 * Every message that MESH hands out carries headers of MESH (MESH API, download message). An answer without any is the page of
 * a proxy or of a portal: taken for a message, it would be processed as one, and the real message acknowledged.
 */
function checkMessageHeaders({ headers, status }: MeshAnswer): void {
	if (!Object.keys(headers).some((name) => name.startsWith('mex-'))) throw notFromMesh('it has none of the headers of a message');
	const doubled = SINGLE_HEADERS.find((name) => Array.isArray(headers[name]) && new Set(headers[name]).size > 1);
	if (doubled !== undefined) throw contradiction(`its header ${doubled} comes twice and says two things`);
	if (!STATUSES.message.includes(status)) throw contradiction(`MESH does not answer ${status} with a message`);
	if (headerOf(headers, 'content-range') !== undefined) throw contradiction('only a part of an answer came, which nobody asked for');
}

/** Far above any real answer: 5,000 message IDs take less than half a megabyte. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

async function shortText({ body }: MeshAnswer): Promise<string> {
	const { bytes, complete } = await body.read(MAX_JSON_BYTES);
	if (!complete) throw notFromMesh(`more than ${MAX_JSON_BYTES / 1024 / 1024} MiB of it`);
	return textOf(bytes);
}

/** Without the byte order mark that some servers begin with. */
export function textOf(bytes: Buffer): string {
	return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function jsonObject(text: string): Record<string, unknown> {
	const value = parseJson(text);
	if (!isObject(value)) throw notFromMesh('it is not the JSON that MESH sends');
	return value;
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
