/** `npx tsx bench/ledger.ts`: how long the trigger's ledger takes for one hand-over and for one checkpoint, with many messages in it. */
import { performance } from 'node:perf_hooks';
import {
	beginListing,
	fromCheckpoint,
	handOver,
	noteEnd,
	noteListing,
	toCheckpoint,
	type Deliveries,
	type DeliveryRules,
} from '../nodes/Mesh/trigger/deliveries';

const NOW = 1_700_000_000_000;
const WAITING = 10_000;
const ROUNDS = 500;

const once: Record<number, Deliveries> = {};

const rules: DeliveryRules = {
	maximumInFlight: 10,
	messagesPerExecution: 1,
	deliveryAttempts: 5,
	pauseMs: 300_000,
	afterSuccess: 'acknowledge',
	longestExecutionMs: 86_400_000,
};

/** A ledger that remembers so many parked messages and has the most that is kept waiting. */
function filled(parked: number): Deliveries {
	const id = (n: number) => `20260101120000${String(n).padStart(6, '0')}_${(n * 7919).toString(16).toUpperCase()}`;
	const messages = Array.from({ length: parked }, (_, n) => `reported 5 5 failed ${id(n)}`);
	const begun = beginListing(fromCheckpoint({ version: 1, messages }, NOW, rules));
	const messageIds = Array.from({ length: parked + WAITING }, (_, n) => id(n));
	return noteListing(begun.deliveries, { number: begun.number, messageIds, complete: true });
}

/** Median and largest of many, in milliseconds. */
function timed(work: () => void): string {
	const times = Array.from({ length: ROUNDS }, () => {
		const startedAt = performance.now();
		work();
		return performance.now() - startedAt;
	}).sort((a, b) => a - b);
	return `${times[ROUNDS / 2].toFixed(3)} (at most ${times[ROUNDS - 1].toFixed(3)})`;
}

for (const parked of [0, 1_000, 4_990]) {
	let deliveries = filled(parked);
	const handedOver = timed(() => {
		const next = handOver(deliveries, NOW, rules);
		if (next.batch.length === 0) throw new Error('Nothing was handed over');
		deliveries = noteEnd(next.deliveries, next.batch, { kind: 'notStarted' }, NOW, rules);
	});
	deliveries = filled(parked);
	let left = WAITING;
	const startedAt = performance.now();
	// As in a poll: one after the other, each of them ended and acknowledged at once.
	while (left > 0) {
		const next = handOver(deliveries, NOW, rules);
		for (const { messageId } of next.batch) next.deliveries.entries.delete(messageId);
		deliveries = next.deliveries;
		left -= next.batch.length;
	}
	const all = performance.now() - startedAt;
	const checkpoint = timed(() => void JSON.stringify(toCheckpoint(filledOnce(parked))));
	process.stdout.write(
		`${String(parked).padStart(5)} remembered, ${WAITING} waiting: a hand-over taken back ${handedOver} ms, ` +
			`all ${WAITING} handed over ${all.toFixed(0)} ms, a checkpoint as JSON ${checkpoint} ms\n`,
	);
}

function filledOnce(parked: number): Deliveries {
	return (once[parked] ??= filled(parked));
}
