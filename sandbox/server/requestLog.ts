import type { RecordedRequest } from '../contract/faults';

const MAXIMUM_REQUESTS = 10_000;
const DROPPED_AT_ONCE = 1_000;
/** Few, so that a flood of connections that fail does not displace the requests. */
const MAXIMUM_FAILURES = 100;

/** The most recent requests and failed connections, oldest first. */
export class RequestLog {
	readonly requests: RecordedRequest[] = [];
	private failures: RecordedRequest[] = [];
	private lastId = 0;

	add(request: Omit<RecordedRequest, 'id'>): RecordedRequest {
		const recorded = { id: ++this.lastId, ...request };
		this.requests.push(recorded);
		if (this.requests.length > MAXIMUM_REQUESTS) this.requests.splice(0, DROPPED_AT_ONCE);
		return recorded;
	}

	/** A connection on which no request could be read. */
	addFailure(failure: Omit<RecordedRequest, 'id'>): RecordedRequest {
		const recorded = this.add(failure);
		this.failures.push(recorded);
		if (this.failures.length > MAXIMUM_FAILURES) {
			const place = this.requests.indexOf(this.failures.shift() as RecordedRequest);
			if (place >= 0) this.requests.splice(place, 1);
		}
		return recorded;
	}

	clear(): void {
		this.failures = [];
		this.requests.length = 0;
	}
}

/** Adds what the real service may object to, beside what is there already. */
export function warn(record: RecordedRequest, text: string): void {
	record.warning = record.warning === undefined ? text : `${record.warning}; ${text}`;
}

/** Headers as they may be shown: without the token, and without the patient in a GPPROVIDER recipient. */
export function redactedHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
	const shown: Record<string, string> = {};
	for (const [name, value] of Object.entries(headers)) {
		const text = [value ?? ''].flat().join(', ');
		if (name === 'authorization') shown[name] = '(redacted)';
		else shown[name] = /^\s*gpprovider_/i.test(text) ? 'GPPROVIDER_(redacted)' : text;
	}
	return shown;
}
