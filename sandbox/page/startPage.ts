import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import { adminRoutes } from '../admin';
import { isStreamed } from '../server/answer';
import type { Route, SandboxContext } from '../server/context';
import { ROUTER_OPTIONS } from '../server/createServer';
import { readRequest } from '../server/readRequest';
import { RequestLog } from '../server/requestLog';
import { redirect } from '../server/serve';
import { refusedMethods, unrouted } from '../server/unrouted';
import { versionForErrors } from '../server/version';
import { errorAnswer } from '../views/errorBody';
import { refusalOf } from './admit';
import { dataCalls } from './dataCalls';
import { Feed } from './feed';
import { SECURITY_HEADERS } from './securityHeaders';
import { findStaticFiles } from './staticFiles';

/** A page being served. */
export interface Page {
	/** Such as `http://localhost:8701`. */
	url: string;
	close(): Promise<void>;
}

/**
 * Serves the page and its data on 127.0.0.1 over plain http: the API's own port demands a client certificate, which
 * browsers do not have. The admin calls answer here as well, and are not written to the request log.
 * Rejects with Node's error when the port is taken.
 * @param port 0 for any free one
 * @param apiUrl where clients reach the API, for showing
 */
export async function startPage(context: SandboxContext, port: number, apiUrl: string): Promise<Page> {
	const notFound = unrouted(adminRoutes);
	const app = fastify({
		forceCloseConnections: true,
		exposeHeadRoutes: false,
		routerOptions: ROUTER_OPTIONS,
		frameworkErrors: (_error, request, reply) => void (admit(request, reply) ?? answer(context, notFound, request, reply)),
	});
	const feed = new Feed(context);
	// Bodies are read by the calls themselves.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _payload, done) => done(null));
	app.addHook('onRequest', async (request, reply) => admit(request, reply) ?? (request.is404 ? answer(context, notFound, request, reply) : undefined));
	for (const { path, contentType, read } of await findStaticFiles()) {
		app.route({ method: ['GET', 'HEAD'], url: path, handler: async (_request, reply) => reply.type(contentType).send(await read()) });
	}
	app.get('/events', (_request, reply) => {
		reply.hijack();
		for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
		feed.open(reply.raw);
	});
	for (const route of [...dataCalls(apiUrl), ...adminRoutes, ...refusedMethods(adminRoutes)]) {
		// In onRequest as on the API's port, where a Content-Type may be anything.
		app.route({ method: route.methods, url: route.path, onRequest: (request, reply) => answer(context, route, request, reply), handler: () => undefined });
	}
	try {
		await app.listen({ port, host: '127.0.0.1' });
	} catch (error) {
		await app.close();
		return Promise.reject(error as Error);
	}
	const address = app.server.address();
	const bound = typeof address === 'object' && address ? address.port : port;
	return {
		url: `http://localhost:${bound}`,
		async close() {
			feed.close();
			await app.close();
		},
	};
}

/** Refuses what does not come from the page or from this machine. */
function admit({ raw }: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
	reply.headers(SECURITY_HEADERS);
	const refusal = refusalOf(raw);
	return refusal === undefined ? undefined : reply.code(403).send({ message: refusal });
}

/** As the API's port answers it. */
async function answer(context: SandboxContext, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
	context.office.sweep();
	// On a log of its own: the page's requests are not among those of clients.
	const mesh = Object.assign(readRequest({ ...context, log: new RequestLog() }, route, request, 0), { context });
	const version = versionForErrors(mesh.header('accept'));
	const { status, headers, body } = await Promise.resolve(mesh)
		.then(() => redirect(mesh.raw) ?? route.handle(mesh))
		.catch((error: unknown) => errorAnswer(error, version, context.behaviour.answers));
	// As a buffer, because fastify adds a charset to the type of a text.
	return reply.code(status).headers(headers).send(typeof body === 'string' ? Buffer.from(body) : isStreamed(body) ? body.stream : body);
}
