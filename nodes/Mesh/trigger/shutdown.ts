/** How the trigger learns that n8n is about to stop. n8n tells its nodes nothing, so the signals that stop it are listened to. */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

let stopping = new AbortController();
let isWatching = false;

/**
 * Aborts when the process has been told to stop. n8n then waits up to 30 seconds for running executions; whatever is started in that
 * time is cut off, and its nodes may find parts of n8n gone already.
 */
export function shutdownSignal(): AbortSignal {
	if (!isWatching) {
		isWatching = true;
		for (const signal of SIGNALS) process.on(signal, onSignal);
	}
	return stopping.signal;
}

function onSignal(signal: NodeJS.Signals): void {
	stopping.abort();
	// Without a listener of the host's, ours would keep the signal from ending the process.
	if (process.listenerCount(signal) > 1) return;
	process.removeListener(signal, onSignal);
	process.kill(process.pid, signal);
}

/** For tests: a process that nobody has told to stop, and that is not listened to. */
export function forgetShutdown(): void {
	for (const signal of SIGNALS) process.removeListener(signal, onSignal);
	stopping = new AbortController();
	isWatching = false;
}
