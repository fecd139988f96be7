import { CATALOGUE, type CatalogueEntry, type Refusal } from './catalogue';
import { SERVER_FAILURES } from './serverFailures';

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
export const serverFailure = (failure: keyof typeof SERVER_FAILURES): MeshRefusal => new MeshRefusal('internalError', undefined, {}, SERVER_FAILURES[failure]);
