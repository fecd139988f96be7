import type { SandboxContext } from './context';

/** Forgets the messages of one mailbox, in and out, or with no mailbox given everything but mailboxes and clock. */
export async function reset(context: SandboxContext, mailboxId?: string): Promise<void> {
	const { messages, office, bodies, faults, log, authority, silences } = context;
	for (const message of [...messages.all()]) {
		if (mailboxId === undefined || message.to === mailboxId || message.from === mailboxId) office.forget(message);
	}
	if (mailboxId !== undefined) return;
	await bodies.removeAll();
	faults.clear();
	silences.clear();
	log.clear();
	authority.replays.clear();
}
