import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorize } from '../auth/authorize';
import type { Fault } from '../contract/faults';
import { refuse } from '../errors/refusals';
import { afterProcessing } from '../faults/afterProcessing';
import { beforeProcessing, type Victim } from '../faults/beforeProcessing';
import { lengthOf } from '../faults/cutBody';
import { pause } from '../faults/pauses';
import type { Mailbox } from '../store/mailboxes';
import { errorAnswer } from '../views/errorBody';
import { isStreamed, type Answer } from './answer';
import type { MeshRequest, Route, SandboxContext, ServerParts } from './context';
import { redactedHeaders } from './requestLog';
import { requestedVersion, versionForErrors } from './version';

/** Takes one request from its token to its answer: authorization, fault, route, fault, answer. */
export async function serve(parts: ServerParts, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
	const { context } = parts;
	context.office.sweep();
	const connection = parts.frontDoor.connectionOf(request.raw.socket);
	const mesh = meshRequest(context, route, request, connection.id);
	const victim: Victim = { request: request.raw, connection, closing: context.closing };
	finishRecord(context, mesh, reply);

	let answer: Answer | 'proceed' | 'none';
	try {
		answer = redirect(request) ?? (admit(context, route, mesh), await beforeProcessing(mesh.fault, victim));
		if (answer === 'proceed') answer = await route.handle(mesh);
	} catch (error) {
		// An answer that nobody waits for needs no words; whatever else is unforeseen is MESH's "internal error".
		mesh.record.outcome = request.raw.socket.destroyed ? 'the client gave up' : (error as Error).message;
		answer = errorAnswer(error, versionForErrors(mesh.header('accept')));
	}
	if (answer !== 'none') answer = await afterProcessing(mesh.fault, answer, victim);
	if (mesh.fault) mesh.record.outcome = `fault: ${mesh.fault.kind}`;
	await pause(context.latencyMs, context.closing);
	if (answer === 'none' || request.raw.socket.destroyed) reply.hijack();
	else send(answer, mesh, reply);
}

/** The path without its trailing slash, as the NHS sandbox redirects. */
function redirect({ raw }: FastifyRequest): Answer | undefined {
	const [path, query] = (raw.url ?? '').split(/(?=\?)/, 2);
	if (path.length < 2 || !path.endsWith('/')) return undefined;
	return { status: 307, headers: { location: path.replace(/\/+$/, '') + (query ?? '') } };
}

/** Checks who asks and finds the fault for the request. */
function admit(context: SandboxContext, route: Route, mesh: MeshRequest): void {
	if (route.access === 'token') {
		mesh.mailbox = authorize(context.authority, mesh.params.mailbox, mesh.header('authorization'));
		mesh.fault = takeFault(context, mesh);
		if (!mesh.fault) context.limiter.count(mesh.mailbox.mailboxId);
	} else if (route.access === 'loopback') {
		checkLocal(mesh);
	} else {
		mesh.fault = takeFault(context, mesh);
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

function takeFault(context: SandboxContext, { record }: MeshRequest): Fault | undefined {
	const { call, method, path, chunk } = record;
	return context.faults.take({ call, method, path, chunk });
}

function meshRequest(context: SandboxContext, route: Route, request: FastifyRequest, connection: number): MeshRequest {
	const params = { ...(request.params as Record<string, string> | undefined) };
	for (const name of ['mailbox', 'messageId']) if (params[name]) params[name] = params[name].toUpperCase();
	const query: Record<string, string> = {};
	for (const [name, value] of Object.entries((request.query ?? {}) as Record<string, string | string[]>)) query[name] = [value].flat().pop() ?? '';
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
	// Routes that need no token never look at the mailbox.
	const mailbox = undefined as unknown as Mailbox;
	return { context, raw: request.raw, params, query, mailbox, header, version: () => requestedVersion(header('accept')), record };
}

function chunkNumber({ call }: Route, params: Record<string, string>): number | undefined {
	if (call === 'send' || call === 'download') return 1;
	return params.chunk === undefined ? undefined : Number(params.chunk);
}

function send({ status, headers, body }: Answer, { record, raw }: MeshRequest, reply: FastifyReply): void {
	record.status = status;
	const length = lengthOf(body);
	record.responseBytes = raw.method === 'HEAD' ? 0 : (length ?? 0);
	reply.code(status).headers(headers);
	if (body === undefined) {
		reply.header('content-length', '0').send();
	} else if (isStreamed(body)) {
		if (length !== undefined && headers['content-length'] === undefined) reply.header('content-length', String(length));
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
