import { readFile, readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { fastify } from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { adminRoutes } from '../admin';
import { isStreamed } from '../server/answer';
import type { Route, SandboxContext } from '../server/context';
import { ROUTER_OPTIONS, refusedMethods, unrouted } from '../server/createServer';
import { RequestLog } from '../server/requestLog';
import { readRequest, redirect } from '../server/serve';
import { versionForErrors } from '../server/version';
import { errorAnswer } from '../views/errorBody';
import { dataCalls } from './dataCalls';
import { Feed } from './feed';

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
	app.addHook(
		'onRequest',
		async (request, reply) => admit(request, reply) ?? (request.is404 ? answer(context, notFound, request, reply) : undefined),
	);
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
		app.route({
			method: route.methods,
			url: route.path,
			onRequest: (request, reply) => answer(context, route, request, reply),
			handler: () => undefined,
		});
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
	return reply
		.code(status)
		.headers(headers)
		.send(typeof body === 'string' ? Buffer.from(body) : isStreamed(body) ? body.stream : body);
}

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request may reach the page: from this machine, and not from a website that happens to be open in a browser
 * on it. The Host header defeats names that are rebound to 127.0.0.1; the Origin header, which a browser always sends
 * with anything but GET, defeats forms and scripts of other sites.
 * @returns why not, or undefined
 */
function refusalOf({ method, headers, socket }: IncomingMessage): string | undefined {
	const { host = '', origin } = headers;
	if (!/^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')) return 'The page is for this machine only.';
	if (!LOCAL_HOST.test(host)) return 'Open the page as http://localhost, not under another name.';
	if (method === 'GET' || method === 'HEAD') return undefined;
	if (origin !== `http://${host}`)
		return `This call changes the sandbox: send it from the page, or with the header "Origin: http://${host}".`;
	return undefined;
}

/**
 * Sent with every answer of the page. Scripts and styles come from the sandbox only, nothing is loaded from or sent
 * elsewhere, and no text can become markup, whatever a message contains.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
	'content-security-policy': [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	].join('; '),
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin',
	'referrer-policy': 'no-referrer',
	'x-content-type-options': 'nosniff',
	'cache-control': 'no-store',
};

const FOLDER = join(__dirname, 'static');

const TYPES: Record<string, string | undefined> = {
	'.html': 'text/html; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.svg': 'image/svg+xml',
};

/** One file of the page. */
interface StaticFile {
	/** `/` for index.html. */
	path: string;
	contentType: string;
	read(): Promise<Buffer>;
}

/** The files of the page, found once: a request can name one of them and no other. */
async function findStaticFiles(): Promise<StaticFile[]> {
	const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
	return entries.flatMap((entry) => {
		const contentType = TYPES[extname(entry.name)];
		if (!entry.isFile() || !contentType) return [];
		const file = join(entry.parentPath, entry.name);
		const path = `/${relative(FOLDER, file).split(sep).join('/')}`;
		return [{ path: path === '/index.html' ? '/' : path, contentType, read: () => readFile(file) }];
	});
}
