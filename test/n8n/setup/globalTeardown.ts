import { rm } from 'node:fs/promises';
import { stopAllProcesses } from '../../../n8n-lab/machine/processes';
import { SHARED_N8N_VARIABLE } from '../support/sharedN8n';
import type { SharedN8n } from '../support/sharedN8n';

/** Ends each n8n and removes its folder, message content included. */
export default async function globalTeardown(): Promise<void> {
	await stopAllProcesses();
	const shared = JSON.parse(process.env[SHARED_N8N_VARIABLE] ?? '[]') as SharedN8n[];
	for (const { folder } of shared) await rm(folder, { recursive: true, force: true });
}
