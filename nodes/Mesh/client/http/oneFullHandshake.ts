import type { Socket } from 'node:net';

type Connected = (...outcome: [null, Socket] | [Error, null]) => void;

/** How long others wait for the session of the first connection, which a server may also never offer. */
const SESSION_GRACE_MS = 250;

/**
 * Makes connections so that only the first one costs a full TLS handshake: those asked for meanwhile wait until it has
 * a session that they can resume. With client certificates a full handshake costs several times a resumed one, on both
 * sides, and a batch of small messages would begin with one for each connection of the pool.
 * @param connect returns the socket at once, and keeps sessions and uses them
 */
export function oneFullHandshake<Options>(connect: (options: Options, connected: Connected) => unknown): (options: Options, connected: Connected) => void {
	let first: 'not yet' | 'under way' | 'over' = 'not yet';
	let waiting: Array<() => void> = [];

	const letOthersStart = () => {
		const others = waiting;
		waiting = [];
		for (const start of others) start();
	};
	const openFirst = (options: Options, connected: Connected) => {
		first = 'under way';
		const over = () => {
			first = 'over';
			letOthersStart();
		};
		const socket = connect(options, (...outcome) => {
			// undici leaves the second argument out when it failed.
			if (outcome[0] !== null) {
				// Not one after the other: each of them may take as long to fail.
				first = 'not yet';
				letOthersStart();
			} else if (first === 'under way') {
				const grace = setTimeout(over, SESSION_GRACE_MS);
				outcome[1].once('close', () => clearTimeout(grace)).once('close', over).once('session', () => clearTimeout(grace));
			}
			connected(...outcome);
		}) as Socket | undefined;
		socket?.once('session', over);
	};

	return (options, connected) => {
		if (first === 'over') connect(options, connected);
		else if (first === 'not yet') openFirst(options, connected);
		else waiting.push(() => connect(options, connected));
	};
}
