import type { MeshError } from '../errors';

/**
 * `read`: asks only. `idempotent`: changes something, but twice is as good as once. `never`: the first request of a message,
 * whose repetition could send it twice.
 */
export type Repeatability = 'read' | 'idempotent' | 'never';

export interface RepeatFacts {
	repeat: Repeatability;
	error: MeshError;
	/** The attempt that failed; 1 is the first. */
	attempt: number;
	/** Allowed in all. */
	attempts: number;
}

/** Answered before the request was looked at, so that nothing has happened. */
const REFUSED_BEFORE_PROCESSING = [425, 429, 503];
/** From gateways that may have passed the request on. */
const GATEWAY_FAILURES = [502, 504];
/** A 500 seldom passes; a question may be asked again this often. */
const INTERNAL_ERROR_ATTEMPTS = 3;

/** Whether a failed attempt may be followed by another one (MESH API, errors: retry guidance). */
export function mayRepeat({ repeat, error, attempt, attempts }: RepeatFacts): boolean {
	if (attempt >= attempts || error.code === 'MESH_ABORTED') return false;
	const status = error.httpStatus;
	if (error.code === 'MESH_STATUS' && status !== undefined) {
		if (REFUSED_BEFORE_PROCESSING.includes(status)) return true;
		if (repeat === 'never') return false;
		if (GATEWAY_FAILURES.includes(status)) return true;
		if (status === 500) return repeat === 'read' && attempt < INTERNAL_ERROR_ATTEMPTS;
		return status === 403 && isConsumedToken(error) && attempt === 1;
	}
	if (error.temporary !== true) return false;
	return repeat !== 'never' || error.ambiguous !== true;
}

/**
 * MESH says that it has seen the token before, although each attempt has its own: something on the way sent the request
 * twice. MESH gives this no code of its own, so its text has to do.
 */
export function isConsumedToken(error: MeshError): boolean {
	return error.httpStatus === 403 && /duplicat/i.test(error.meshText ?? '');
}
