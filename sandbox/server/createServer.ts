import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { CertificateSet } from '../contract/sandbox';
import { refuse } from '../errors/refusals';
import { answerClientError, refusesWithoutHost } from './connectionFailures';
import type { Route, ServerParts } from './context';
import { serve } from './serve';

const HTTP_OPTIONS = {
	/** MESH limits each header on its own: the sum must not be what stops a test. */
	maxHeaderSize: 64 * 1024,
	/** Control characters in headers are MESH's to refuse (error 06), so the parser must let them through. */
	insecureHTTPParser: true,
	/** Refused here instead, where it can be written down. */
	requireHostHeader: false,
	/** An upload takes as long as it takes. */
	requestTimeout: 0,
	keepAliveTimeout: 65_000,
};

/** As long as a path may be. */
export const ROUTER_OPTIONS = { maxParamLength: 8_000 };

/** How the server meets its clients; absent: plain http. */
interface TlsSettings {
	certificates: CertificateSet;
	requireClientCertificate: boolean;
}

/** Builds the HTTP server with its routes; it does not listen itself, the front door hands it its connections. */
export async function createServer(
	parts: ServerParts,
	routes: Route[],
	tls: TlsSettings | undefined,
): Promise<{ app: FastifyInstance; server: Server }> {
	const notFound = unrouted(routes);
	const app = fastify({
		serverFactory(take) {
			const listener: RequestListener = (request, response) => {
				if (!refusesWithoutHost(request, response, (socket, failure) => parts.frontDoor.fail(socket, failure))) take(request, response);
			};
			return tls ? httpsServer(listener, tls) : createHttpServer(HTTP_OPTIONS, listener);
		},
		clientErrorHandler: answerClientError,
		// As servers do that decode a path before they look for its route.
		rewriteUrl: ({ url = '/' }) => (parts.context.behaviour.encodedSlash === 'separator' ? withPlainSlashes(url) : url),
		exposeHeadRoutes: false,
		forceCloseConnections: false,
		routerOptions: ROUTER_OPTIONS,
		frameworkErrors: (_error, request, reply) => void serve(parts, notFound, request, reply),
	});
	// Bodies are read by the routes, as streams: fastify must neither parse nor limit them.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _payload, done) => done(null));
	for (const route of [...routes, ...refusedMethods(routes)]) {
		// In onRequest because fastify checks the syntax of Content-Type after it, which MESH does not.
		app.route({
			method: route.methods,
			url: route.path,
			onRequest: (request, reply) => serve(parts, route, request, reply),
			handler: () => undefined,
		});
	}
	app.addHook('onRequest', async (request, reply) => {
		if (request.is404) await serve(parts, notFound, request, reply);
	});
	await app.ready();
	return { app, server: app.server as Server };
}

function withPlainSlashes(url: string): string {
	const [path] = url.split('?', 1);
	return path.replace(/%2f/gi, '/') + url.slice(path.length);
}

function httpsServer(listener: RequestListener, { certificates, requireClientCertificate }: TlsSettings): Server {
	return createHttpsServer(
		{
			...HTTP_OPTIONS,
			cert: certificates.server.certificate,
			key: certificates.server.privateKey,
			ca: certificates.ca,
			requestCert: requireClientCertificate,
			rejectUnauthorized: requireClientCertificate,
			minVersion: 'TLSv1.2',
		},
		listener,
	);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What no route takes: 404, or 405 where the path is known and the method is none of the above. */
export function unrouted(routes: Route[]): Route {
	const known = [...methodsByPath(routes)].map(([path, methods]) => ({
		pattern: new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}$`),
		methods,
	}));
	return {
		call: 'other',
		methods: METHODS,
		path: '*',
		access: 'open',
		handle({ raw, record }) {
			const path = METHODS.includes(raw.method ?? '') ? undefined : known.find(({ pattern }) => pattern.test(record.path));
			throw path ? notAllowed(path.methods) : refuse('routeNotFound');
		},
	};
}

/** For each path the methods it does not have: 405 instead of 404. */
export function refusedMethods(routes: Route[]): Route[] {
	return [...methodsByPath(routes)].map(([path, methods]) => ({
		call: 'other',
		methods: METHODS.filter((method) => !methods.has(method)),
		path,
		access: 'open',
		handle: () => {
			throw notAllowed(methods);
		},
	}));
}

function methodsByPath(routes: Route[]): Map<string, Set<string>> {
	const known = new Map<string, Set<string>>();
	for (const { path, methods } of routes) known.set(path, new Set([...(known.get(path) ?? []), ...methods]));
	return known;
}

const notAllowed = (methods: Set<string>) => refuse('methodNotAllowed', undefined, { allow: [...methods].join(', ') });
