import { readFileSync, readlinkSync } from 'node:fs';

/** A process, told apart from another that got the same number later or elsewhere. */
export interface ProcessIdentity {
	pid: number;
	/** Where the number means something: this start of the machine, this container. Undefined where the system does not tell. */
	space?: string;
	/** When the process began, in the system's own count. Undefined where the system does not tell. */
	born?: string;
}

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, space: space(), born: born(process.pid) });

/** Whether a process still runs; undefined when that cannot be known from here. */
export function isRunning({ pid, space: itsSpace, born: itsBirth }: ProcessIdentity): boolean | undefined {
	if (itsSpace !== space()) return undefined;
	if (!isAlive(pid)) return false;
	const birth = born(pid);
	return itsBirth === undefined || birth === undefined ? undefined : itsBirth === birth;
}

function space(): string | undefined {
	return ifReadable(() => `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`);
}

function born(pid: number): string | undefined {
	return ifReadable(() => {
		// Behind the name, which is in brackets and may hold anything: first the state, as the twentieth the start.
		const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
		return words[0] === 'Z' ? 'ended, though its parent has not noticed' : words[19];
	});
}

/** Whether there is a process of this number, whosever it is. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

function ifReadable(read: () => string | undefined): string | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}
