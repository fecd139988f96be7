import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorize } from '../auth/authorize';
import type { Fault } from '../contract/faults';
import { SERVER_FAILURES } from '../errors/catalogue';
import { refuse } from '../errors/refusals';
import { pause } from '../faults/interruptions';
import { afterProcessing, beforeProcessing } from '../faults/playFault';
import type { Victim } from '../faults/playFault';
import type { Mailbox } from '../store/mailboxes';
import { errorAnswer } from '../views/errorBody';
import { isStreamed, lengthOf, wholeBody } from './answer';
import type { Answer } from './answer';
import type { MeshRequest, Route, SandboxContext, ServerParts } from './context';
import { redactedHeaders } from './requestLog';
import { requestedVersion, versionForErrors } from './version';

/** Takes one request from its token to its answer: authorization, fault, route, fault, answer. */
export async function serve(parts: ServerParts, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
	const { context } = parts;
	context.office.sweep();
	const connection = parts.frontDoor.connectionOf(request.raw.socket);
	const mesh = readRequest(context, route, request, connection.id);
	const victim: Victim = {
		request: request.raw,
		connection,
		closing: context.closing,
		onSilence: () => context.silences.begin(mesh.record),
	};
	finishRecord(context, mesh, reply);

	let answer: Answer | 'none';
	try {
		answer = await answerFor(context, route, mesh, victim);
	} catch (error) {
		// An answer that nobody waits for needs no words; whatever else is unforeseen is MESH's "internal error".
		mesh.record.outcome = request.raw.socket.destroyed ? 'the client gave up' : (error as Error).message;
		answer = errorAnswer(error, versionForErrors(mesh.header('accept')), context.behaviour.answers);
	}
	if (answer !== 'none') answer = await afterProcessing(mesh.fault, answer, victim);
	if (mesh.fault) mesh.record.outcome = `fault: ${mesh.fault.kind}`;
	await pause(context.latencyMs, context.closing);
	if (answer === 'none' || request.raw.socket.destroyed) reply.hijack();
	else send(answer, mesh, reply);
}

async function answerFor(context: SandboxContext, route: Route, mesh: MeshRequest, victim: Victim): Promise<Answer | 'none'> {
	const redirection = redirect(mesh.raw);
	if (redirection) return redirection;
	admit(context, route, mesh);
	const answer = await beforeProcessing(mesh.fault, victim);
	return answer === 'proceed' ? route.handle(mesh) : answer;
}

/** To the path without its trailing slash, as the NHS sandbox does. With one slash at its beginning: after two comes a host. */
export function redirect(raw: IncomingMessage): Answer | undefined {
	const url = raw.url ?? '';
	const [path] = url.split('?', 1);
	if (path.length < 2 || !path.endsWith('/')) return undefined;
	return { status: 307, headers: { location: `/${path.replace(/^[/\\]+|\/+$/g, '')}${url.slice(path.length)}` } };
}

/** Puts a request into the form that routes take, and on the log. */
export function readRequest(context: SandboxContext, route: Route, request: FastifyRequest, connection: number): MeshRequest {
	const params = { ...(request.params as Record<string, string> | undefined) };
	for (const name of ['mailbox', 'messageId']) if (params[name]) params[name] = params[name].toUpperCase();
	const query: Record<string, string> = {};
	for (const [name, value] of Object.entries((request.query ?? {}) as Record<string, string | string[]>))
		query[name] = [value].flat().pop() ?? '';
	const { headers } = request.raw;
	const header = (name: string) => {
		const value = headers[name];
		return value === undefined ? undefined : [value].flat().join(', ');
	};
	const record = context.log.add({
		method: request.method,
		path: (request.raw.url ?? '').split('?')[0],
		query,
		call: route.call,
		mailboxId: params.mailbox,
		messageId: params.messageId ?? query.messageID?.toUpperCase(),
		chunk: chunkNumber(route, params),
		outcome: 'ok',
		headers: redactedHeaders(headers),
		requestBytes: 0,
		responseBytes: 0,
		connection,
		at: context.clock.now(),
	});
	let mailbox: Mailbox | undefined;
	return {
		context,
		raw: request.raw,
		params,
		query,
		header,
		version: () => requestedVersion(header('accept')),
		record,
		get mailbox() {
			if (!mailbox) throw new Error('Only routes that check the token know a mailbox');
			return mailbox;
		},
		set mailbox(accepted) {
			mailbox = accepted;
		},
	};
}

function chunkNumber({ call }: Route, params: Record<string, string>): number | undefined {
	if (call === 'send' || call === 'download') return 1;
	return params.chunk === undefined ? undefined : Number(params.chunk);
}

/** Checks who asks and finds the fault for the request. */
function admit(context: SandboxContext, route: Route, mesh: MeshRequest): void {
	if (route.access === 'token') {
		mesh.mailbox = authorize(context.authority, mesh.params.mailbox, mesh.header('authorization'));
		mesh.fault = takeFault(context, route, mesh);
		if (!mesh.fault) context.limiter.count(mesh.mailbox.mailboxId);
	} else if (route.access === 'loopback') {
		checkLocal(mesh);
	} else {
		mesh.fault = takeFault(context, route, mesh);
	}
}

/** Admin calls come from this machine, and not from some website that is open in a browser on it. */
function checkLocal(mesh: MeshRequest): void {
	const isLocal = /^(::ffff:)?127\.|^::1$/.test(mesh.raw.socket.remoteAddress ?? '');
	const host = mesh.header('host') ?? '';
	const origin = mesh.header('origin');
	const isLocalHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
	if (!isLocal || !isLocalHost || (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host)) throw refuse('forbidden');
}

function takeFault(context: SandboxContext, { call }: Route, { record }: MeshRequest): Fault | undefined {
	const { method, path, chunk } = record;
	return context.faults.take({ call, method, path, chunk });
}

/** A content type that fastify leaves alone. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Sends an answer and notes it on the log. */
function send(answer: Answer, { record, raw, context }: MeshRequest, reply: FastifyReply): void {
	const { status, headers } = answer;
	// As a stream where the sender declared what is no media type, which fastify would replace on a body in memory.
	const body = MEDIA_TYPE.test(String(headers['content-type'] ?? '')) ? answer.body : wholeBody(answer.body);
	record.status = status;
	// By the clock that tokens are judged by, so that a client can find out how far its own is off.
	if (answer.isForeign) reply.raw.sendDate = false;
	else reply.header('date', new Date(context.clock.now()).toUTCString());
	if (answer.continueFirst) reply.raw.writeContinue();
	if (answer.framing === 'none') reply.raw.useChunkedEncodingByDefault = false;
	const length = lengthOf(body);
	record.responseBytes = raw.method === 'HEAD' ? 0 : (length ?? 0);
	reply.code(status).headers(headers);
	if (body === undefined) {
		reply.header('content-length', '0').send();
	} else if (isStreamed(body)) {
		if (length !== undefined && headers['content-length'] === undefined) reply.header('content-length', String(length));
		body.stream.once('error', () => {
			if (record.outcome === 'ok') record.outcome = SERVER_FAILURES.unreadable;
		});
		reply.send(body.stream);
	} else {
		// As a buffer, because fastify adds a charset to the type of a text.
		reply.send(Buffer.from(body));
	}
}

/** Completes the log's line when the answer is out or the connection is gone. */
function finishRecord(context: SandboxContext, { record }: MeshRequest, reply: FastifyReply): void {
	reply.raw.once('close', () => {
		if (!reply.raw.writableFinished && record.outcome === 'ok') record.outcome = 'the client gave up';
		context.onRequest?.(record);
	});
}
