import { isMeshError } from '../client';

/** `passing` failures mend themselves; `configuration` needs a person. */
export type FailureClass = 'passing' | 'configuration';

/** How long MESH has not been usable, as far as telling people is concerned. */
export interface Outage {
	/** Polls that failed one after the other. */
	failures: number;
	/** What was raised last in this outage, and when. */
	raised?: { class: FailureClass; at: number };
}

/** Passing failures in a row before anybody is told. */
export const FAILURES_BEFORE_RAISING = 3;

/** While an outage lasts, it is raised again after this. */
export const RAISE_INTERVAL_MS = 60 * 60 * 1000;

export const noOutage: Outage = { failures: 0 };

/**
 * One more failed poll. Says whether to raise it to n8n's error workflow: a wrong configuration at once, a passing failure
 * when it has happened three times in a row, and either of them again after an hour, until a poll succeeds.
 */
export function noteFailure(outage: Outage, failure: FailureClass, now: number): { outage: Outage; raise: boolean } {
	const failures = outage.failures + 1;
	const { raised } = outage;
	const isNews = raised === undefined || (raised.class === 'passing' && failure === 'configuration') || now - raised.at >= RAISE_INTERVAL_MS;
	const raise = isNews && (failure === 'configuration' || failures >= FAILURES_BEFORE_RAISING);
	return { outage: raise ? { failures, raised: { class: failure, at: now } } : { ...outage, failures }, raise };
}

/** Which kind a failure is. Errors that are not the client's come from n8n reading parameters or the credential. */
export function failureClass(error: unknown): FailureClass {
	if (!isMeshError(error)) return 'configuration';
	if (error.temporary === true) return 'passing';
	const { code, httpStatus = 0 } = error;
	const isRefusal = code === 'MESH_STATUS' && httpStatus >= 300 && httpStatus < 500;
	return isRefusal || ['MESH_INVALID_CREDENTIAL', 'MESH_INVALID_INPUT', 'MESH_TLS'].includes(code) ? 'configuration' : 'passing';
}
