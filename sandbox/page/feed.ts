import type { ServerResponse } from 'node:http';
import type { RecordedRequest } from '../contract/faults';
import type { SandboxContext } from '../server/context';

/** Often enough to look live; any number of changes in between is one event. */
const TICK_MS = 250;
/** How far back a page that has just been opened looks, and how far back changes to known requests are noticed. */
const RECENT_REQUESTS = 500;

/** Log lines that are new or have changed, and what a page needs to know to join them to those it has. */
export interface RequestsEvent {
	/** How many lines are kept. */
	total: number;
	/** ID of the first line kept. */
	oldest: number | null;
	/** ID of the last line kept. */
	newest: number | null;
	/** ID of the first line that is watched: a page which does not know the one before it has missed some. */
	recent: number | null;
	requests: RecordedRequest[];
}

/**
 * Server-sent events for open pages. `requests` carries log lines that are new or have changed; `state` says that
 * mailboxes, messages, faults or the clock have changed and are to be read again. Looks at the sandbox only while a page
 * is open.
 */
export class Feed {
	private readonly pages = new Set<ServerResponse>();
	/** Pages that have not read what they were sent (a laptop asleep): they get no more until they have. */
	private readonly behind = new Set<ServerResponse>();
	private timer?: NodeJS.Timeout;
	private sent = new Map<number, string>();
	private state = '';

	constructor(private readonly context: SandboxContext) {}

	/** Sends everything recent, then what changes, until the page goes away. */
	open(page: ServerResponse): void {
		page.writeHead(200, { ...page.getHeaders(), 'content-type': 'text/event-stream' });
		this.tick();
		page.write('retry: 1000\n\n');
		this.tellEverything(page);
		this.pages.add(page);
		this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
		page.once('close', () => this.leave(page));
	}

	close(): void {
		for (const page of this.pages) page.destroy();
		clearInterval(this.timer);
	}

	private leave(page: ServerResponse): void {
		this.pages.delete(page);
		this.behind.delete(page);
		if (this.pages.size > 0) return;
		clearInterval(this.timer);
		this.timer = undefined;
	}

	private tick(): void {
		this.context.office.sweep();
		this.catchUp();
		this.tellRequests();
		const state = stateOf(this.context);
		if (state !== this.state) this.tell('state', {});
		this.state = state;
	}

	private tellRequests(): void {
		const recent = this.recent();
		const before = this.sent;
		this.sent = new Map(recent.map((request) => [request.id, printOf(request)]));
		const changed = recent.filter(({ id }) => before.get(id) !== this.sent.get(id));
		const wasCleared = recent.length === 0 && before.size > 0;
		if (changed.length > 0 || wasCleared) this.tell('requests', this.requestsEvent(changed));
	}

	private recent(): RecordedRequest[] {
		return this.context.log.requests.slice(-RECENT_REQUESTS);
	}

	private requestsEvent(requests: RecordedRequest[]): RequestsEvent {
		const kept = this.context.log.requests;
		return {
			total: kept.length,
			oldest: kept[0]?.id ?? null,
			newest: kept.at(-1)?.id ?? null,
			recent: this.recent()[0]?.id ?? null,
			requests,
		};
	}

	private tell(event: string, data: unknown): void {
		for (const page of this.pages) {
			if (page.writableLength > 0) this.behind.add(page);
			else if (!this.behind.has(page)) write(page, event, data);
		}
	}

	private tellEverything(page: ServerResponse): void {
		write(page, 'requests', this.requestsEvent(this.recent()));
		write(page, 'state', {});
	}

	private catchUp(): void {
		for (const page of this.behind) {
			if (page.writableLength > 0) continue;
			this.behind.delete(page);
			this.tellEverything(page);
		}
	}
}

function write(page: ServerResponse, event: string, data: unknown): void {
	page.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** What can still change about a request after its line has appeared. */
const printOf = ({ status, outcome, warning, messageId, requestBytes, responseBytes }: RecordedRequest): string =>
	[status, outcome, warning, messageId, requestBytes, responseBytes].join('|');

/** Differs whenever a page has something to read again. */
function stateOf({ messages, mailboxes, faults, clock, behaviour }: SandboxContext): string {
	const minuteOfJump = Math.round((clock.now() - Date.now()) / 60_000);
	// The time for which connections are still refused changes with every look; a page counts it down by itself.
	const withoutRest = (name: string, value: unknown) => (name === 'ms' ? undefined : value);
	return JSON.stringify([
		messages.revision,
		mailboxes.all(),
		JSON.stringify(faults.list(), withoutRest),
		minuteOfJump,
		behaviour.checkTimestamp,
	]);
}
