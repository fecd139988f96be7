import { MeshError } from '../errors';
import type { MeshErrorDetails } from '../errors';

/** What did not go on: reading the content, sending it, the server, or the rest of its answer. */
export type TimeoutPhase = 'reading' | 'sending' | 'waiting' | 'receiving';

/** No progress for too long. */
export function timeoutError(call: string, host: string, phase: TimeoutPhase, milliseconds: number): MeshError {
	const [what, details] = PHASES[phase](host, `${Math.round(milliseconds / 1000)} s`);
	return new MeshError(`Could not ${call}: ${what}`, { code: 'MESH_TIMEOUT', call, temporary: true, ...details });
}

type Explained = [what: string, details: Partial<MeshErrorDetails>];

const PHASES: Readonly<Record<TimeoutPhase, (host: string, time: string) => Explained>> = {
	reading: (_host, time) => [
		`the content could not be read any further for ${time}`,
		{
			networkCode: 'MESH_SOURCE_STALLED',
			parameter: 'source',
			// The server cannot have a message of which we did not send the end.
			ambiguous: false,
			hint: 'The place where n8n keeps its binary data is slow or stuck. Try again.',
		},
	],
	sending: (host, time) => [
		`${host} stopped accepting data for ${time}`,
		{
			networkCode: 'MESH_SEND_STALLED',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later; on a slow link a smaller chunk size helps.',
		},
	],
	waiting: (host, time) => [
		`${host} did not answer within ${time}`,
		{
			networkCode: 'MESH_RESPONSE_TIMEOUT',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later.',
		},
	],
	receiving: (host, time) => [
		`the answer of ${host} had not ended after ${time}`,
		{
			networkCode: 'MESH_ANSWER_TIMEOUT',
			ambiguous: true,
			hint: 'The connection or the service is slow or stuck. Try again later.',
		},
	],
};
