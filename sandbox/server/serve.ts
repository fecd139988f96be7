import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { afterProcessing } from '../faults/afterProcessing';
import { beforeProcessing, type Victim } from '../faults/beforeProcessing';
import { pause } from '../faults/pauses';
import { errorAnswer } from '../views/errorBody';
import { admit } from './admit';
import type { Answer } from './answer';
import type { MeshRequest, Route, SandboxContext, ServerParts } from './context';
import { readRequest } from './readRequest';
import { finishRecord, send } from './send';
import { versionForErrors } from './version';

/** Takes one request from its token to its answer: authorization, fault, route, fault, answer. */
export async function serve(parts: ServerParts, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
	const { context } = parts;
	context.office.sweep();
	const connection = parts.frontDoor.connectionOf(request.raw.socket);
	const mesh = readRequest(context, route, request, connection.id);
	const victim: Victim = { request: request.raw, connection, closing: context.closing, onSilence: () => context.silences.begin(mesh.record) };
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
