import { CATALOGUE, SERVER_FAILURES } from './catalogue';
import type { CatalogueEntry, Refusal } from './catalogue';

/** A request refused with one of the catalogue's entries. */
export class MeshRefusal extends Error {
	readonly entry: CatalogueEntry;

	constructor(
		readonly refusal: Refusal,
		/** Sent along where MESH had already given the message an ID. */
		readonly messageId?: string,
		readonly headers: Record<string, string> = {},
		/** For the request log, where the answer does not say it. */
		reason: string = CATALOGUE[refusal].text,
	) {
		super(reason);
		this.entry = CATALOGUE[refusal];
	}
}

/** One problem in the shape of the service's own validation errors. */
export interface ValidationProblem {
	loc: [string, string];
	msg: string;
	type: string;
	ctx?: Record<string, number>;
	input?: string | null;
}

/** A request refused because headers or parameters are missing, too long or out of range. */
export class ValidationRefusal extends Error {
	constructor(readonly problems: ValidationProblem[]) {
		super(problems.map((problem) => `${problem.loc.join(' ')}: ${problem.msg}`).join('; '));
	}
}

/** Makes the error for one of the catalogue's entries. */
export const refuse = (refusal: Refusal, messageId?: string, headers?: Record<string, string>): MeshRefusal =>
	new MeshRefusal(refusal, messageId, headers);

/** MESH's "internal error", with the reason for the request log. */
export const serverFailure = (failure: keyof typeof SERVER_FAILURES): MeshRefusal =>
	new MeshRefusal('internalError', undefined, {}, SERVER_FAILURES[failure]);

type Place = 'header' | 'query' | 'path';

/** Ends with a time of day, which Date.parse would take for this machine's. */
const WITHOUT_ZONE = /[T\s]\d\d?:\d\d(:\d\d(\.\d+)?)?\s*$/i;

/** Collects everything wrong with a request, so that one answer names it all. */
export class Validation {
	private readonly problems: ValidationProblem[] = [];

	required(place: Place, name: string, value: string | undefined): void {
		if (value === undefined) this.problems.push({ loc: [place, name], msg: 'Field required', type: 'missing', input: null });
	}

	length(place: Place, name: string, value: string | undefined, minimum: number, maximum: number): void {
		if (value === undefined) return;
		if (value.length < minimum) {
			const msg = `String should have at least ${minimum} character${minimum === 1 ? '' : 's'}`;
			this.problems.push({ loc: [place, name], msg, type: 'string_too_short', ctx: { min_length: minimum }, input: value });
		} else if (value.length > maximum) {
			const msg = `String should have at most ${maximum} characters`;
			this.problems.push({ loc: [place, name], msg, type: 'string_too_long', ctx: { max_length: maximum }, input: value });
		}
	}

	/** The number, or `fallback` when it is absent or wrong (done() then throws). */
	integer(place: Place, name: string, value: string | undefined, fallback: number, minimum = -Infinity, maximum = Infinity): number {
		if (value === undefined) return fallback;
		if (!/^\s*[+-]?\d+\s*$/.test(value)) {
			const msg = 'Input should be a valid integer, unable to parse string as an integer';
			this.problems.push({ loc: [place, name], msg, type: 'int_parsing', input: value });
			return fallback;
		}
		const number = Number(value);
		if (number < minimum) {
			const msg = `Input should be greater than or equal to ${minimum}`;
			this.problems.push({ loc: [place, name], msg, type: 'greater_than_equal', ctx: { ge: minimum }, input: value });
		} else if (number > maximum) {
			const msg = `Input should be less than or equal to ${maximum}`;
			this.problems.push({ loc: [place, name], msg, type: 'less_than_equal', ctx: { le: maximum }, input: value });
		}
		return number;
	}

	/**
	 * A time in any form that Date.parse takes, in milliseconds; `fallback` when it is absent or wrong. Without a zone, a text that
	 * ends in a time of day is taken for UTC, and any other as Date.parse takes it.
	 */
	time(place: Place, name: string, value: string | undefined, fallback: number): number {
		if (value === undefined) return fallback;
		const time = Date.parse(WITHOUT_ZONE.test(value) ? `${value.trim()}Z` : value);
		if (!Number.isNaN(time)) return time;
		this.problems.push({ loc: [place, name], msg: 'Input should be a valid datetime', type: 'datetime_parsing', input: value });
		return fallback;
	}

	/** Throws if anything was wrong. */
	done(): void {
		if (this.problems.length > 0) throw new ValidationRefusal(this.problems);
	}
}
