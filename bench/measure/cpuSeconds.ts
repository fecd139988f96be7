import { readFileSync } from 'node:fs';

/** Clock ticks of Linux's process statistics, fixed for programs. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, user and system, in seconds (Linux). */
export function cpuSeconds(pid: number): number {
	// The second field, the name in brackets, may hold spaces; fields 14 and 15 are the times.
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
