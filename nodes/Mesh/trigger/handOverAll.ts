import { clock } from './clock';
import { handOver, hasBacklog, inFlightCount } from './deliveries';
import { listInbox } from './listInbox';
import type { PollRun } from './pollRun';
import { startExecution } from './startExecution';

/**
 * Hands over as long as there is something to hand over, places become free and the poll's time lasts. Places that become
 * free later are used by the next poll.
 */
export async function handOverAll(run: PollRun): Promise<void> {
	const { ledger, deadline } = run;
	for (;;) {
		fillPlaces(run);
		const now = clock.now();
		if (mustStop(run)) return;
		if (!hasBacklog(ledger.deliveries, now)) {
			const moreWait = ledger.deliveries.moreInInbox && now < deadline;
			if (!moreWait) return;
			await listInbox(run);
			if (!hasBacklog(ledger.deliveries, now)) return;
			continue;
		}
		const nothingWillChange = inFlightCount(ledger.deliveries) === 0 && ledger.acknowledging.size === 0;
		if (nothingWillChange || now >= deadline) return;
		await changeOrDeadline(run, deadline - now);
	}
}

/** Starts as many executions as there are free places for. */
export function fillPlaces(run: PollRun): void {
	const { ledger, settings } = run;
	while (!mustStop(run)) {
		const { deliveries, batch } = handOver(ledger.deliveries, clock.now(), settings.rules);
		if (batch.length === 0) return;
		ledger.deliveries = deliveries;
		startExecution(run, batch);
	}
}

function mustStop({ ledger, signal }: PollRun): boolean {
	return signal.aborted || ledger.trouble !== undefined;
}

async function changeOrDeadline({ ledger, signal }: PollRun, milliseconds: number): Promise<void> {
	const over = new AbortController();
	const wake = () => over.abort();
	signal.addEventListener('abort', wake, { once: true });
	try {
		await Promise.race([ledger.changed(), clock.after(milliseconds, over.signal)]);
	} finally {
		signal.removeEventListener('abort', wake);
		over.abort();
	}
}
