import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { OwnReport, Task } from '../work';

/** What a contender's work came to. */
export interface Outcome {
	/** Content bytes moved, or messages handled. */
	done: number;
	outputPath?: string;
	/** Done once the figures are taken: what only the checking of the run needs. */
	afterwards?(): Promise<void>;
}

/**
 * The frame of every contender that is a Node program: reads the task named on the command line, prepares, works, and
 * prints its own figures as the last line.
 * @param prepare does everything that a running host has done long before, and returns the work itself
 */
export async function perform(prepare: (task: Task) => Promise<() => Promise<Outcome>>): Promise<void> {
	const task = JSON.parse(readFileSync(process.argv[2], 'utf8')) as Task;
	const work = await prepare(task);
	const report: OwnReport = {};
	let afterwards: Outcome['afterwards'];
	if (task.work.kind !== 'idle') {
		const cpuBefore = process.cpuUsage();
		const startedAt = performance.now();
		const outcome = await work();
		report.workMs = performance.now() - startedAt;
		report.workCpuSeconds = seconds(process.cpuUsage(cpuBefore));
		report.done = outcome.done;
		report.outputPath = outcome.outputPath;
		afterwards = outcome.afterwards;
	}
	report.cpuSeconds = seconds(process.cpuUsage());
	report.peakRssBytes = peakRssBytes();
	await afterwards?.();
	process.stdout.write(`\n${JSON.stringify(report)}\n`, () => {
		process.exit(0);
	});
}

const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

// Linux's VmHWM belongs to this program alone; the rusage figure can carry over from the process that started it.
function peakRssBytes(): number {
	if (process.platform === 'linux') {
		const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
		if (found) return Number(found[1]) * 1024;
	}
	return process.resourceUsage().maxRSS * 1024;
}

/** Does `work` for every element, at most `atOnce` at a time, starting in order. Rejects when one of them fails. */
export async function eachOf<T>(elements: readonly T[], atOnce: number, work: (element: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < elements.length) await work(elements[next++]);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, elements.length) }, worker));
}
