import { refuse } from '../errors/refusals';
import type { Route } from './context';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What no route takes: 404, or 405 where the path is known and the method is none of the above. */
export function unrouted(routes: Route[]): Route {
	const known = routes.map(({ path }) => new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}$`));
	return {
		call: 'other',
		methods: METHODS,
		path: '*',
		access: 'open',
		handle({ raw, record }) {
			const isKnown = !METHODS.includes(raw.method ?? '') && known.some((pattern) => pattern.test(record.path));
			throw refuse(isKnown ? 'methodNotAllowed' : 'routeNotFound');
		},
	};
}

/** For each path the methods it does not have: 405 instead of 404. */
export function refusedMethods(routes: Route[]): Route[] {
	const known = new Map<string, Set<string>>();
	for (const { path, methods } of routes) known.set(path, new Set([...(known.get(path) ?? []), ...methods]));
	return [...known].map(([path, methods]) => ({
		call: 'other',
		methods: METHODS.filter((method) => !methods.has(method)),
		path,
		access: 'open',
		handle: () => {
			throw refuse('methodNotAllowed');
		},
	}));
}
