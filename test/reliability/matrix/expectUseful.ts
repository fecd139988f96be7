import { isMeshError } from '../../../nodes/Mesh/client';
import type { MeshError } from '../../../nodes/Mesh/client';
import type { Cell, Expectation } from './expectation';
import { LOCAL_ID } from './sendingPlaces';

/** Throws unless the error says what happened, to which message, and what to do next. */
export function expectUseful(error: unknown, { place, kind }: Cell, { outcome, temporary }: Expectation): void {
	if (!isMeshError(error)) throw error;
	expect(error.code).toBe(outcome);
	expect(error.message).toMatch(/^[A-Z].{15,}/);
	expect(error.hint).toMatch(/^[A-Z].{10,}\.$/);
	expect(`${error.message} ${error.hint}`).not.toMatch(/undefined|\[object|NaN|null/);
	expect(error.call).toMatch(/^[a-z]/);
	if (kind.status !== undefined && outcome !== 'MESH_INTEGRITY') expect(error.httpStatus).toBe(kind.status);
	if (temporary !== undefined) expect(error.temporary ?? false).toBe(temporary);
	expectNamed(error, place.call);
}

/** The message or the local ID that it is about, so that somebody can look for it. */
function expectNamed(error: MeshError, call: string): void {
	if (['head', 'download', 'downloadChunk', 'acknowledge', 'track', 'sendChunk'].includes(call)) expect(error.messageId).toMatch(/^\w+$/);
	if (['send', 'sendChunk'].includes(call)) expect(error.localId).toBe(LOCAL_ID);
	if (call === 'trackLocal') expect(error.localId).toBe('local-1');
	if (error.code === 'MESH_SEND_OUTCOME_UNKNOWN') {
		expect(error.ambiguous).toBe(true);
		expect(`${error.message} ${error.hint}`).toContain(LOCAL_ID);
	}
	if (call === 'sendChunk') expect(error.upload).toMatchObject({ messageId: error.messageId, localId: LOCAL_ID });
	else expect(error.upload).toBeUndefined();
}
