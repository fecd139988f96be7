import { MAXIMUM_REMEMBERED, count, remembered } from './delivery';
import type { Deliveries, Delivery, DeliveryRules } from './delivery';

/** One message of an execution that is to be started. */
export interface HandOver {
	messageId: string;
	/** 1 for the first delivery. */
	attempt: number;
}

/**
 * Chooses what goes into the next execution and counts the attempt: write the checkpoint before starting it. An empty
 * batch means that nothing may be handed over now.
 *
 * New messages and redeliveries take turns, and while new ones wait, redeliveries get at most half of the places, so that
 * messages which fail or hang cannot keep the others waiting.
 */
export function handOver(deliveries: Deliveries, now: number, rules: DeliveryRules): { deliveries: Deliveries; batch: HandOver[] } {
	const census = take(deliveries, now, rules);
	const places = freePlaces(census, rules);
	const fresh = nextFresh(deliveries, Math.min(places, rules.messagesPerExecution, MAXIMUM_REMEMBERED - census.remembered), rules);
	const again = places > 0 ? census.redelivery : undefined;
	const chosen =
		again !== undefined && (fresh.length === 0 || (deliveries.turn === 'again' && !againIsFull(census, rules))) ? [again] : fresh;
	if (chosen.length === 0) return { deliveries, batch: [] };

	const { entries } = deliveries;
	const batch = chosen.map((messageId) => {
		const delivery = inFlight(entries.get(messageId), deliveries.listings, now);
		entries.set(messageId, delivery);
		return { messageId, attempt: delivery.attempts };
	});
	const turn = chosen === fresh ? 'again' : 'new';
	const waiting = chosen === fresh ? without(deliveries.waiting, fresh) : deliveries.waiting;
	return { deliveries: { ...deliveries, entries, waiting, turn }, batch };
}

/** The oldest that may share an execution. */
function nextFresh(
	{ waiting }: Deliveries,
	most: number,
	{ goesAlone = () => false, isElsewhere = () => false, isHeld = () => false }: DeliveryRules,
): readonly string[] {
	const fresh: string[] = [];
	// Thousands may wait, and this runs at every hand-over: it looks no further than it takes.
	for (const id of waiting) {
		if (fresh.length >= most) break;
		if (isElsewhere(id) || isHeld(id)) continue;
		if (!goesAlone(id)) fresh.push(id);
		else return fresh.length === 0 ? [id] : fresh;
	}
	return fresh;
}

/** Nearly always the first ones are taken: the rest moves up, and is not looked through at each hand-over. */
function without(waiting: string[], taken: readonly string[]): string[] {
	if (taken.every((id, at) => waiting[at] === id)) {
		waiting.splice(0, taken.length);
		return waiting;
	}
	const out = new Set(taken);
	return waiting.filter((id) => !out.has(id));
}

/** Takes out what the user wants left in the inbox. */
export function leaveOut(deliveries: Deliveries, leaves: (messageId: string) => boolean): Deliveries {
	return { ...deliveries, waiting: deliveries.waiting.filter((id) => !leaves(id)) };
}

/** True when a message could be handed over but for the number in flight. */
export function hasBacklog(deliveries: Deliveries, now: number): boolean {
	return (
		(deliveries.waiting.length > 0 && !isFull(deliveries)) || [...deliveries.entries.values()].some((delivery) => isDue(delivery, now))
	);
}

/** True when new messages have to wait until some of the remembered ones have left the inbox. */
export function isFull(deliveries: Deliveries): boolean {
	return remembered(deliveries) >= MAXIMUM_REMEMBERED;
}

export function inFlightCount({ entries }: Deliveries): number {
	return count(entries, isRunning);
}

/** Whether it takes up a place: an unheard one may have ended long ago. */
function isRunning(delivery: Delivery): boolean {
	return delivery.state === 'inFlight' && delivery.unheard !== true;
}

/** What a hand-over must know of all entries, of which there may be thousands: counted in one walk. */
interface Census {
	remembered: number;
	running: number;
	/** Of the running ones, those that are redeliveries. */
	runningAgain: number;
	/** Acknowledgements under way. */
	unacknowledged: number;
	/**
	 * The redelivery that has been due longest. What was in flight when n8n stopped goes one at a time: if one of those
	 * messages brings n8n down, the next stop then charges the attempt to it and to none of the others.
	 */
	redelivery?: string;
}

/** A suspect that has run for so long without bringing n8n down holds up no other: it may hang, or have hours of work to do. */
const LONGEST_ALONE_MS = 15 * 60_000;

function take({ entries, hidden }: Deliveries, now: number, { isElsewhere = () => false }: DeliveryRules): Census {
	const census: Census = { remembered: 0, running: 0, runningAgain: 0, unacknowledged: 0 };
	const longestDue: { suspect?: Due; other?: Due } = {};
	let suspectIsRunning = false;
	for (const [id, delivery] of entries) {
		const { state } = delivery;
		if (state !== 'acknowledged' && (hidden.size === 0 || !hidden.has(id))) census.remembered++;
		if (state === 'delivered' && delivery.confirmed && delivery.refusals === 0) {
			census.unacknowledged++;
		} else if (state === 'inFlight' && isRunning(delivery)) {
			census.running++;
			if (delivery.attempts > 1) census.runningAgain++;
			suspectIsRunning ||= delivery.suspect && now - delivery.since < LONGEST_ALONE_MS;
		} else if (state === 'failed' && isDue(delivery, now) && !isElsewhere(id)) {
			const kind = delivery.suspect ? 'suspect' : 'other';
			if (delivery.dueAt < (longestDue[kind]?.dueAt ?? Infinity)) longestDue[kind] = { id, dueAt: delivery.dueAt };
		}
	}
	const { suspect, other } = longestDue;
	const suspectFirst = suspect !== undefined && !suspectIsRunning && suspect.dueAt < (other?.dueAt ?? Infinity);
	return { ...census, redelivery: (suspectFirst ? suspect : other)?.id };
}

interface Due {
	id: string;
	dueAt: number;
}

/** Acknowledgements hold up new work only when more of them are under way than messages may be in flight. */
function freePlaces({ running, unacknowledged }: Census, { maximumInFlight }: DeliveryRules): number {
	return unacknowledged >= maximumInFlight ? 0 : maximumInFlight - running;
}

function againIsFull({ runningAgain }: Census, { maximumInFlight }: DeliveryRules): boolean {
	return runningAgain >= Math.max(1, Math.floor(maximumInFlight / 2));
}

function isDue(delivery: Delivery, now: number): boolean {
	return delivery.state === 'failed' && delivery.seen && delivery.dueAt <= now;
}

function inFlight(previous: Delivery | undefined, listings: number, now: number): Delivery {
	const { attempts, round } = previous ?? { attempts: 0, round: 0 };
	const suspect = previous?.state === 'failed' && previous.suspect;
	return { state: 'inFlight', attempts: attempts + 1, round: round + 1, after: listings, since: now, suspect };
}
