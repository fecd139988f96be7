import type { RecordedRequest } from '../contract/calls';

const MAXIMUM_REQUESTS = 10_000;
const DROPPED_AT_ONCE = 1_000;

/** The most recent requests, oldest first. */
export class RequestLog {
	readonly requests: RecordedRequest[] = [];
	private lastId = 0;

	add(request: Omit<RecordedRequest, 'id'>): RecordedRequest {
		const recorded = { id: ++this.lastId, ...request };
		this.requests.push(recorded);
		if (this.requests.length > MAXIMUM_REQUESTS) this.requests.splice(0, DROPPED_AT_ONCE);
		return recorded;
	}

	clear(): void {
		this.requests.length = 0;
	}
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
