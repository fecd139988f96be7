import type { Job } from '../jobs';
import type { ServerCounts } from '../server/control';
import type { ProcessFigures } from './run';

/** One contender's turn in one round. */
export interface Run extends ProcessFigures {
	round: number;
	/** What the server saw. Every run is checked against it: messages, bytes, acknowledgements. */
	server: ServerCounts;
}

export interface ContenderResult {
	id: string;
	title: string;
	runs: Run[];
	/** Its process when it has nothing to do: start-up, memory. */
	idle?: ProcessFigures;
	/** The turn before those that count, where it is made in the same process. */
	warmUp?: Run;
	/** Why it took no part. */
	leftOut?: string;
	/** What went wrong while it took part. */
	failed?: string;
}

export interface JobResult {
	job: Job;
	contenders: ContenderResult[];
}

/** Where and when the figures were taken: they mean nothing without. */
export interface Machine {
	cpu: string;
	cores: number;
	memoryBytes: number;
	system: string;
	versions: Record<string, string>;
}

export interface BenchResult {
	startedAt: string;
	finishedAt: string;
	machine: Machine;
	quick: boolean;
	rounds: number;
	jobs: JobResult[];
	targets: TargetResult[];
}

/** A goal of the project and what became of it. */
export interface TargetResult {
	id: string;
	text: string;
	measured?: number;
	/** For ratios of time: the same without the start of the processes, where both tell it. */
	workAlone?: number;
	goal: number;
	stretch?: number;
	outcome: 'reached' | 'stretch reached' | 'not reached' | 'not measured';
	/** Why it was not measured. */
	reason?: string;
}
