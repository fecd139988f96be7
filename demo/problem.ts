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
