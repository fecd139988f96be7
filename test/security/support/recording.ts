import { createRequire } from 'node:module';
import { Container } from '@n8n/di';
import type { IRun } from 'n8n-workflow';
import { everythingIn } from './canaries';

/** n8n's logger as n8n-core knows it: other packages of n8n may bring other copies. */
const { Logger } = createRequire(require.resolve('n8n-core'))('@n8n/backend-common') as { Logger: new () => object };

/** Everything that n8n logged, that was printed, and that Node warned of, since `start`. */
export interface Recording {
	text(): string;
	/** Records made through n8n's logger. */
	logged(): number;
	stop(): void;
}

/** Takes the place of n8n's logger, at the level debug, and listens to the console and to the warnings of the process. */
export function record(): Recording {
	const lines: string[] = [];
	let logged = 0;
	const log = (message: string, details?: unknown) => {
		logged++;
		lines.push(`${message} ${everythingIn(details)}`);
	};
	const before = Container.get(Logger);
	const logger = { debug: log, info: log, warn: log, error: log, verbose: log, scoped: () => logger };
	Container.set(Logger, logger);
	const onWarning = (warning: Error) => void lines.push(everythingIn(warning));
	process.on('warning', onWarning);
	const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
		jest.spyOn(console, name).mockImplementation((...parts: unknown[]) => void lines.push(everythingIn(parts))),
	);
	return {
		text: () => lines.join('\n'),
		logged: () => logged,
		stop() {
			Container.set(Logger, before);
			process.off('warning', onWarning);
			for (const one of consoles) one.mockRestore();
		},
	};
}

/**
 * Everything that n8n would store of a run, and what a debugger would see of its errors. Left out are the parameters of nodes,
 * which are the workflow's own: n8n puts the node into each of its errors.
 */
export function storedOf(run: IRun | Error): string {
	const seen = new WeakSet<object>();
	return JSON.stringify(run, (key, value: unknown) => {
		if (typeof value !== 'object' || value === null) return value;
		if (seen.has(value)) return '[seen]';
		seen.add(value);
		if (key === 'node') return '[node]';
		if (!(value instanceof Error)) return value;
		return Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name) as unknown]));
	});
}
