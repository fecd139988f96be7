import type { Server } from 'node:net';
import type { Sandbox } from '../contract/sandbox';
import { forward } from './forward';
import { portsOf } from './portsOf';

/**
 * Opens the ports that a sandbox really has, whatever flags and variables said, on other addresses of this machine.
 * Resolves to what listens; a port that cannot be opened is told in one line, and the others open all the same.
 */
export async function openPorts(sandbox: Pick<Sandbox, 'port' | 'pageUrl'>, addresses: string[], complain: (line: string) => void): Promise<Server[]> {
	const opened: Server[] = [];
	for (const address of addresses) {
		for (const each of portsOf(sandbox)) {
			try {
				opened.push(await forward(address, each));
			} catch (error) {
				complain(`Cannot open port ${each} of ${address}: ${(error as Error).message}`);
			}
		}
	}
	return opened;
}
