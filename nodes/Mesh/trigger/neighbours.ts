import type { IPollFunctions } from 'n8n-workflow';
import { runtime } from '../client';
import type { MeshClient, WorkflowFilter } from '../client';
import { nodeError } from '../transport/nodeErrors';
import { RAISE_INTERVAL_MS } from './session';
import type { Session } from './session';
import type { TriggerSettings } from './settings';

/**
 * Active triggers of this process that collect from one mailbox. MESH has no consumers: whichever workflow succeeds first removes the
 * message, and the other never sees it again. A forgotten copy of a workflow can so take messages from the real one in silence.
 */
interface Watcher {
	mailbox: string;
	filter?: WorkflowFilter;
	/** Of the workflow and the node, for people. */
	title: string;
	/** When it polled last. */
	at: number;
	/** How often in a row each other one had polled since this one's poll before. */
	met: Map<Session, number>;
}

const watchers = new Map<Session, Watcher>();

/** One meeting may be that of a workflow which is just being replaced by another. */
const MEETINGS_BEFORE_RAISING = 2;

/** What has not polled for so long is no longer kept. */
const FORGOTTEN_MS = 25 * 60 * 60_000;

/** Notes that this trigger polls, and tells its log and n8n's error workflow, once an hour, about others that take from the same messages. */
export function noteNeighbours(context: IPollFunctions, session: Session, client: MeshClient, settings: TriggerSettings): void {
	const now = runtime.steadyNow();
	const node = context.getNode();
	const { id, name = id ?? '' } = context.getWorkflow();
	const before = watchers.get(session);
	const own: Watcher = {
		mailbox: `${client.origin} ${client.mailboxId}`,
		filter: settings.filter,
		title: `"${node.name}" of the workflow "${name}"`,
		at: now,
		met: new Map(),
	};
	watchers.set(session, own);
	const others: string[] = [];
	for (const [other, watcher] of watchers) {
		if (now - watcher.at > FORGOTTEN_MS) watchers.delete(other);
		const isActive = other !== session && before !== undefined && watcher.at >= before.at;
		if (!isActive || watcher.mailbox !== own.mailbox || !mayOverlap(watcher.filter, own.filter)) continue;
		const meetings = (before.met.get(other) ?? 0) + 1;
		own.met.set(other, meetings);
		if (meetings < MEETINGS_BEFORE_RAISING) continue;
		others.push(watcher.title);
		watcher.met.set(session, meetings); // so that its next poll tells it, too
	}
	if (others.length === 0 || (session.neighboursRaisedAt !== undefined && now - session.neighboursRaisedAt < RAISE_INTERVAL_MS)) return;
	session.neighboursRaisedAt = now;
	const message = `Another active trigger collects from the same mailbox: ${others.join(', ')}`;
	context.logger.warn(`[NHS MESH: ${node.name}] ${message}`);
	context.__emitError(
		nodeError(node, message, {
			description:
				'A message goes to both until one of them succeeds, which removes it from the inbox: the other may never see it. Unpublish (n8n 1: deactivate) one of the workflows, or give them workflow filters that exclude each other.',
		}),
	);
}

/** For tests: what a restart of the process does. */
export function forgetNeighbours(): void {
	watchers.clear();
}

/** False only where no workflow ID can pass both filters. */
export function mayOverlap(a: WorkflowFilter | undefined, b: WorkflowFilter | undefined): boolean {
	if (a === undefined || b === undefined) return true;
	if (a.negate === true && b.negate === true) return true;
	if (a.negate === true) return !implies(b, a);
	if (b.negate === true) return !implies(a, b);
	if (a.mode === 'equals') return matches(a.text, b);
	if (b.mode === 'equals') return matches(b.text, a);
	if (a.mode === 'beginsWith' && b.mode === 'beginsWith') return a.text.startsWith(b.text) || b.text.startsWith(a.text);
	return true;
}

/** Whether everything that passes the first filter matches the pattern of the second. */
function implies(one: WorkflowFilter, other: WorkflowFilter): boolean {
	switch (one.mode) {
		case 'equals':
			return matches(one.text, other);
		case 'beginsWith':
			return other.mode !== 'equals' && matches(one.text, other);
		case 'contains':
			return other.mode === 'contains' && one.text.includes(other.text);
	}
}

function matches(text: string, { mode, text: pattern }: WorkflowFilter): boolean {
	switch (mode) {
		case 'equals':
			return text === pattern;
		case 'beginsWith':
			return text.startsWith(pattern);
		case 'contains':
			return text.includes(pattern);
	}
}
