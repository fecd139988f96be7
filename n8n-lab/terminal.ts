/** Marks an error whose message is meant for the person at the terminal: printed without a stack. */
const PROBLEM_CODE = 'DEMO_PROBLEM';

/** An error that says what happened and what to do next, on one line. */
export function problem(message: string, cause?: unknown): Error {
	return Object.assign(new Error(message, { cause }), { code: PROBLEM_CODE });
}

/** What to print about an error: the message of a problem, the whole stack of anything unexpected. */
export function describeFailure(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code } = error as Error & { code?: unknown };
	return code === PROBLEM_CODE ? error.message : (error.stack ?? error.message);
}

/** Shows what is being done and for how long, so that a step of minutes does not look like a standstill. */
export interface Progress {
	/** Runs one step; prints its title, the elapsed seconds while it runs, and the outcome. */
	step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
}

/** Where progress is written: a terminal is updated in place, a file or pipe gets a line now and then. */
export interface ProgressOutput {
	isTTY?: boolean;
	write(text: string): unknown;
}

const TERMINAL_INTERVAL_MS = 1_000;
const PIPE_INTERVAL_MS = 30_000;

/** @param total number of steps that will be announced, for "[2/8]"; none when absent */
export function createProgress(output: ProgressOutput = process.stdout, total?: number): Progress {
	let count = 0;
	return {
		async step(title, work) {
			count += 1;
			const label = total ? `[${count}/${total}] ${title}` : title;
			const startedAt = Date.now();
			const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
			let detail = '';
			const show = () => {
				if (output.isTTY) output.write(`\r\x1b[K${label} ... ${seconds()}${detail && `, ${detail}`}`);
				else output.write(`${label} ... ${seconds()}${detail && `, ${detail}`}\n`);
			};
			if (output.isTTY) show();
			const timer = setInterval(show, output.isTTY ? TERMINAL_INTERVAL_MS : PIPE_INTERVAL_MS);
			const end = (text: string) => output.write(`${output.isTTY ? '\r\x1b[K' : ''}${label}${text}\n`);
			try {
				const result = await work((text) => {
					detail = text;
				});
				end(`: ${detail || 'done'} (${seconds()})`);
				return result;
			} catch (error) {
				end(`: failed after ${seconds()}`);
				throw error;
			} finally {
				clearInterval(timer);
			}
		},
	};
}
