import { execFile } from 'node:child_process';

/** Why a program cannot be started, or nothing when it can. */
export async function findProgram(program: string, args: string[], reason = `${program} is not installed`): Promise<string | undefined> {
	return await new Promise((resolve) => {
		execFile(program, args, { timeout: 60_000 }, (error) => { resolve(error ? reason : undefined); });
	});
}
