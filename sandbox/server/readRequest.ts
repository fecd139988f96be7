import type { FastifyRequest } from 'fastify';
import type { Mailbox } from '../store/mailboxes';
import type { MeshRequest, Route, SandboxContext } from './context';
import { redactedHeaders } from './requestLog';
import { requestedVersion } from './version';

/** Puts a request into the form that routes take, and on the log. */
export function readRequest(context: SandboxContext, route: Route, request: FastifyRequest, connection: number): MeshRequest {
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
