import { medianOf, memoryAboveIdle, resultOf, timesFaster } from './results';
import type { Clock, JobResult, Run, TargetResult } from './results';

/** A goal, and how to measure it from the results. */
interface Target {
	id: string;
	text: string;
	goal: number;
	stretch?: number;
	/** `atMost` for sizes and costs. */
	direction: 'atLeast' | 'atMost';
	/** Nothing when a contender it needs was left out or its job did not run. */
	measure(jobs: readonly JobResult[]): number | undefined;
	/** For ratios of whole processes: the same of the work alone, for comparison. */
	measureWork?(jobs: readonly JobResult[]): number | undefined;
	needs: string;
}

const MIB = 1024 * 1024;
const find = (jobs: readonly JobResult[], id: string): JobResult | undefined => jobs.find(({ job }) => job.id === id);

function faster(job: string, ours: string, theirs: string, goal: number, stretch?: number): Target {
	const by =
		(clock: Clock) =>
		(jobs: readonly JobResult[]): number | undefined => {
			const found = find(jobs, job);
			return found && timesFaster(found, ours, theirs, clock);
		};
	return {
		id: `${job}:${ours}/${theirs}`,
		text: `${job}: ${ours} at least ${goal} x ${theirs}`,
		goal,
		stretch,
		direction: 'atLeast',
		needs: `${job} with ${theirs}`,
		measure: by('wallMs'),
		measureWork: by('workMs'),
	};
}

function memory(job: string, goalMib: number): Target {
	return {
		id: `${job}:memory`,
		text: `${job}: at most ${goalMib} MiB above idle`,
		goal: goalMib,
		direction: 'atMost',
		needs: job,
		measure: (jobs) => {
			const ours = resultOf(find(jobs, job) ?? EMPTY, 'client');
			const bytes = ours && memoryAboveIdle(ours);
			return bytes === undefined ? undefined : bytes / MIB;
		},
	};
}

function insideN8n(job: string): Target {
	return {
		id: `${job}:inside n8n`,
		text: `${job}: the node takes at most 1.25 x the client's time`,
		goal: 1.25,
		direction: 'atMost',
		needs: `${job} with engine`,
		measure: (jobs) => {
			const found = find(jobs, job);
			// Without starting the process: n8n runs already when a workflow starts.
			return found && timesFaster(found, 'client', 'engine', 'workMs');
		},
	};
}

const EMPTY = { contenders: [] } as unknown as JobResult;

function fullHandshakes(job: string): Target {
	return {
		id: `${job}:handshakes`,
		text: `${job}: one full TLS handshake in the process`,
		goal: 1,
		direction: 'atMost',
		needs: job,
		measure: (jobs) => {
			const ours = resultOf(find(jobs, job) ?? EMPTY, 'client');
			return ours && medianOf(ours, fullHandshakesOf);
		},
	};
}

const fullHandshakesOf = ({ server }: Run): number => server.connections - server.resumed;

/** All turns of our workflows happen in one process with one credential, the warm-up included. */
const handshakesInN8n: Target = {
	id: 'n8n:handshakes',
	text: 'n8n: one full TLS handshake by our workflows in all turns together',
	goal: 1,
	direction: 'atMost',
	needs: 'n8n',
	measure: (jobs) => {
		const ours = (find(jobs, 'n8n') ?? EMPTY).contenders.filter(({ id, runs }) => id !== 'n8n-hand-made' && runs.length > 0);
		const turns = ours.flatMap(({ warmUp, runs }) => (warmUp ? [warmUp, ...runs] : runs));
		return turns.length === 0 ? undefined : turns.map(fullHandshakesOf).reduce((sum, count) => sum + count);
	},
};

/** The NHS client is what counts; where it is not installed, the library under it used in the same way, which is no proof. */
const PYTHONS = ['python', 'python-requests'];

const TARGETS: readonly Target[] = [
	...PYTHONS.flatMap((python) => [
		faster('send-20', 'client', python, 1.3, 1.5),
		faster('receive-20', 'client', python, 0.75, 1),
		faster('send-gzip', 'client', python, 2.5),
		faster('send-gzip', 'client-level-1', python, 3.5),
		faster('receive-gzip', 'client', python, 1.3),
		faster('drain', 'client', python, 2.5),
		faster('drain-20ms', 'client', python, 5.5),
	]),
	faster('send-20', 'client', 'curl', 0.75, 0.9),
	faster('receive-20', 'client', 'n8n-helper', 2),
	faster('drain', 'client', 'n8n-helper', 25),
	faster('send-many-20ms', 'client', 'client-one-by-one', 5),
	faster('n8n', 'n8n-ours', 'n8n-hand-made', 5),
	memory('send-20', 50),
	memory('receive-20', 80),
	memory('send-gzip', 90),
	memory('receive-gzip', 90),
	...['100MiB', '1GiB', '20GiB'].flatMap((size) => [
		memory(`memory-send-${size}`, 50),
		memory(`memory-receive-${size}`, 80),
		memory(`memory-send-gzip-${size}`, 90),
		memory(`memory-receive-gzip-${size}`, 90),
	]),
	...['send-20', 'receive-20', 'receive-gzip', 'drain', 'drain-20ms', 'send-many-20ms'].map(fullHandshakes),
	handshakesInN8n,
	...['send-20', 'receive-20', 'send-gzip', 'receive-gzip'].map(insideN8n),
];

export function judge(jobs: readonly JobResult[]): TargetResult[] {
	return TARGETS.map(({ id, text, goal, stretch, direction, measure, measureWork, needs }) => {
		const measured = measure(jobs);
		if (measured === undefined) return { id, text, goal, stretch, outcome: 'not measured', reason: `needs ${needs}` };
		const meets = (limit: number): boolean => (direction === 'atLeast' ? measured >= limit : measured <= limit);
		const outcome = stretch !== undefined && meets(stretch) ? 'stretch reached' : meets(goal) ? 'reached' : 'not reached';
		return { id, text, goal, stretch, measured, workAlone: measureWork?.(jobs), outcome };
	});
}
