import type { Socket } from 'node:net';

type Connected = (...outcome: [null, Socket] | [Error, null]) => void;

/** How long the session of the first connection is waited for, which a server may also never offer. */
const SESSION_GRACE_MS = 250;

/**
 * Makes connections so that only the first one costs a full TLS handshake: those asked for meanwhile wait until it has
 * a session that they can resume. With client certificates a full handshake costs several times a resumed one, on both
 * sides, and a batch of small messages would begin with one for each connection of the pool.
 *
 * The first one is not used before, either. In TLS 1.3 a server judges our certificate after the handshake has ended for us, and
 * offers a session once it has accepted it: content sent too early can turn the alert that says why it was refused into a
 * reset connection, of which nobody knows whether the message came through.
 * @param connect returns the socket at once, and keeps sessions and uses them
 */
export function oneFullHandshake<Options>(connect: (options: Options, connected: Connected) => unknown): (options: Options, connected: Connected) => void {
	let first: 'not yet' | 'under way' | 'over' = 'not yet';
	let waiting: Array<() => void> = [];

	const settle = (outcome: typeof first) => {
		first = outcome;
		const others = waiting;
		waiting = [];
		for (const start of others) start();
	};
	const openFirst = (options: Options, connected: Connected) => {
		first = 'under way';
		let hasSession = false;
		const socket = connect(options, (...outcome) => {
			const accepted = () => {
				settle('over');
				connected(...outcome);
			};
			// Others do not wait for each other then: each of them may take as long to fail.
			const failed = (error: Error) => {
				settle('not yet');
				connected(error, null);
			};
			// undici leaves the second argument out when it failed.
			if (outcome[0] !== null) failed(outcome[0]);
			else if (hasSession) accepted(); // with the handshake, as in TLS 1.2
			else untilAccepted(outcome[1], accepted, failed);
		}) as Socket | undefined;
		socket?.once('session', () => (hasSession = true));
	};

	return (options, connected) => {
		if (first === 'over') connect(options, connected);
		else if (first === 'not yet') openFirst(options, connected);
		else waiting.push(() => connect(options, connected));
	};
}

function untilAccepted(socket: Socket, accepted: () => void, failed: (error: Error) => void): void {
	let ended = false;
	const end = (then: () => void) => {
		if (ended) return;
		ended = true;
		clearTimeout(grace);
		socket.off('session', onSession).off('error', onError).off('close', onClose);
		then();
	};
	// In a turn of its own: Node announces a session in the midst of reading, where a request written at once would get stuck.
	const onSession = () => setImmediate(end, accepted);
	const onError = (error: Error) => end(() => failed(error));
	const onClose = () => onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
	const grace = setTimeout(end, SESSION_GRACE_MS, accepted);
	socket.once('session', onSession).once('error', onError).once('close', onClose);
}
