import { connect, createServer, type Server, type Socket } from 'node:net';

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
