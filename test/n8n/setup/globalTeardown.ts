import { rm } from 'node:fs/promises';
import { stopAllProcesses } from '../../../demo/system/managedProcess';
import { SHARED_N8N_VARIABLE } from '../support/sharedN8n';
import type { SharedN8n } from '../support/sharedN8n';

/** Ends n8n and removes its folder, message content included. */
export default async function globalTeardown(): Promise<void> {
	await stopAllProcesses();
	const { folder } = JSON.parse(process.env[SHARED_N8N_VARIABLE] ?? '{}') as Partial<SharedN8n>;
	if (folder) await rm(folder, { recursive: true, force: true });
}
