import { createProgress, describeFailure } from '../terminal';
import { ensureHost } from './installHost';
import { pinnedHosts } from './pinnedHosts';

/**
 * `npm run install:n8n`: installs the pinned n8n 2.x and 1.x ahead of the tests that run in them, which otherwise do it
 * themselves. It may run beside anything: whoever needs an n8n that is being installed waits for it. @returns the exit code
 */
export async function main(): Promise<number> {
	const { step } = createProgress();
	try {
		for (const pinned of pinnedHosts) await step('Installing n8n', async (detail) => await ensureHost(pinned, detail));
		return 0;
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	}
}
