import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 250;

/**
 * Waits for what happens in another process: asks until there is an answer.
 * @param what for the error: "2 finished executions"
 * @throws when there is none after `timeoutMs`
 */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, timeoutMs: number): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`);
		await sleep(INTERVAL_MS);
	}
}
