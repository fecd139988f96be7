import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { runInThisContext } from 'node:vm';

export interface Leftovers {
	/** What nobody handled since the last time it was asked. */
	unhandled(): string[];
	/** Names in the folder for temporary files. */
	files(): Promise<string[]>;
	stop(): void;
}

/**
 * Watches for what a fault may leave behind: rejections that nobody handled, warnings of Node such as those about too many
 * listeners, and temporary files. Jest gives tests a copy of `process` that hears no such events, hence the way to the real one.
 */
export function watchLeftovers(temporaryFolder = tmpdir()): Leftovers {
	const real = runInThisContext('process') as NodeJS.Process;
	let seen: string[] = [];
	const onRejection = (reason: unknown) =>
		void seen.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
	const onWarning = (warning: Error) => void seen.push(`warning: ${warning.stack ?? warning.message}`);
	real.on('unhandledRejection', onRejection);
	real.on('warning', onWarning);
	return {
		unhandled() {
			const found = seen;
			seen = [];
			return found;
		},
		files: async () => await readdir(temporaryFolder),
		stop() {
			real.off('unhandledRejection', onRejection);
			real.off('warning', onWarning);
		},
	};
}
