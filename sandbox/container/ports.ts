import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Sandbox } from '../contract/sandbox';

/**
 * Opens the ports that a sandbox really has, whatever flags and variables said, on other addresses of this machine.
 * Resolves to what listens; a port that cannot be opened is told in one line, and the others open all the same.
 */
export async function openPorts(
	sandbox: Pick<Sandbox, 'port' | 'pageUrl'>,
	addresses: string[],
	complain: (line: string) => void,
): Promise<Server[]> {
	const opened: Server[] = [];
	for (const address of addresses) {
		for (const each of portsOf(sandbox)) {
			try {
				opened.push(await forward(address, each));
			} catch (error) {
				complain(`Cannot open port ${each} of ${address}: ${(error as Error).message}`);
			}
		}
	}
	return opened;
}

/**
 * Carries connections to `host:port` on to the same port of 127.0.0.1, or to `target`: bytes both ways, half-closed
 * connections, and resets as resets, so that faults look the same from outside a container. Keeps no process alive.
 */
export async function forward(host: string, port: number, target = port): Promise<Server> {
	const server = createServer({ allowHalfOpen: true, noDelay: true }, (outside) => {
		const inside = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true });
		tie(outside, inside);
		tie(inside, outside);
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => resolve());
	});
	return server.unref();
}

/** What happens to one side happens to the other. */
function tie(from: Socket, to: Socket): void {
	from.pipe(to);
	from.once('error', () => to.resetAndDestroy());
	from.once('close', () => to.destroySoon());
}

/** The ports that a sandbox really has, whatever flags and variables said: the API's and, if there is one, the page's. */
export function portsOf({ port, pageUrl }: Pick<Sandbox, 'port' | 'pageUrl'>): number[] {
	return pageUrl === undefined ? [port] : [port, Number(new URL(pageUrl).port)];
}
