import { readdir } from 'node:fs/promises';
import { closeSharedClients } from '../../../nodes/Mesh/client';
import { replaceRuntime } from '../../../nodes/Mesh/client/runtime';
import type { Sandbox, SandboxOptions } from '../../../sandbox';
import { type World, startWorld } from '../../actions/world';
import { sandboxCredential } from '../../engine';
import { FakeClock, passPause } from '../../support/fakeClock';
import { until } from '../../trigger/host';
import { SECRETS } from '../matrix/secrets';

/** The clients that nodes make pause without waiting, and time stands still for them. */
export function dontWait(clock = new FakeClock()): void {
	replaceRuntime({ after: clock.after, sleep: passPause });
}

/** They also give up on a silent sandbox at once. */
export function giveUpOnSilence(sandbox: Sandbox, clock = new FakeClock()): void {
	dontWait(clock);
	clock.passSilences(sandbox);
}

/** Mailboxes whose password and key can be looked for wherever they must not be. */
export const guardedMailboxes: SandboxOptions = {
	sharedKey: SECRETS.sharedKey,
	mailboxes: ['X26ABC1', 'X26ABC2', 'X26ABC3'].map((mailboxId) => ({ mailboxId, odsCode: 'X26', password: SECRETS.mailboxPassword })),
};

export const secretCredential = (sandbox: Sandbox, mailboxId: string) =>
	sandboxCredential(sandbox, mailboxId, { mailboxPassword: SECRETS.mailboxPassword, sharedKey: SECRETS.sharedKey });

/** The action node with such a mailbox and without waiting. It closes when the node has left no connection open, and not before. */
export async function startGuardedWorld(): Promise<World> {
	const world = await startWorld(guardedMailboxes);
	dontWait();
	world.credentials.meshApi = secretCredential(world.sandbox, 'X26ABC1');
	return {
		...world,
		async close() {
			await closeSharedClients();
			await until(() => world.sandbox.connections.open === 0, 'the end of the connections');
			await world.close();
		},
	};
}

/** Files in n8n's folder, the binary data store included. */
export async function storedFiles(): Promise<string[]> {
	const folder = process.env.N8N_USER_FOLDER;
	if (folder === undefined) throw new Error('Tests have an n8n folder of their own');
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => `${entry.parentPath}/${entry.name}`)
		.sort();
}
