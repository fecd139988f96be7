import { execFile } from 'node:child_process';
import type { Task, Work } from '../work';

/** How to start one run of a contender. */
export interface Command {
	program: string;
	args: string[];
	env?: NodeJS.ProcessEnv;
	/** True when the program prints an `OwnReport`; else it is watched from outside. */
	reports: boolean;
}

/** One way to do the jobs. */
export interface Contender {
	readonly id: string;
	readonly title: string;
	/** What makes this variant different, handed to its program. */
	readonly options: Record<string, number | string | boolean>;
	/** The reason why it cannot run on this machine, or nothing when it can. */
	missing(): Promise<string | undefined>;
	can(work: Work): boolean;
	/** Why it cannot do a kind of work for which the others are compared. */
	cannotBecause?(work: Work): string | undefined;
	/** Files the command needs are written into the task's scratch folder, before the clock starts. */
	command(task: Task): Promise<Command>;
}

/** Why a program cannot be started, or nothing when it can. */
export async function findProgram(program: string, args: string[], reason = `${program} is not installed`): Promise<string | undefined> {
	return await new Promise((resolve) => {
		execFile(program, args, { timeout: 60_000 }, (error) => {
			resolve(error ? reason : undefined);
		});
	});
}
