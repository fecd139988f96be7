import type { Fault, HeaderLines } from '../contract/faults';
import type { Answer } from '../server/answer';
import type { Victim } from './beforeProcessing';
import { cutBody, endedConnection, lengthOf, wholeBody } from './cutBody';
import { pause, untilGone, untilSent } from './pauses';

/** Plays the faults that strike after a request took effect. `none`: there is no answer. */
export async function afterProcessing(fault: Fault | undefined, answer: Answer, victim: Victim): Promise<Answer | 'none'> {
	const { connection, closing } = victim;
	const { socket } = victim.request;
	switch (fault?.kind) {
		case 'garbageJson':
			return garbage(answer);
		case 'resetAfterProcessing':
			connection.reset();
			return 'none';
		case 'unsolicitedContinue':
			return { ...answer, continueFirst: true };
		case 'lateAnswer':
			victim.onSilence();
			await pause(fault.ms, closing);
			return answer;
		case 'wrongHeader':
			// As a stream, since for a body in memory the true length would be put back.
			return { ...answer, headers: overridden(answer.headers, fault.headers), body: wholeBody(answer.body) };
		case 'resetInResponseBody': {
			if (lengthOf(answer.body) === 0) {
				connection.reset();
				return 'none';
			}
			const reset = async () => {
				await untilSent(socket, closing);
				connection.reset();
			};
			return { ...answer, body: cutBody(answer.body, fault.afterBytes, reset) };
		}
		case 'truncate': {
			const length = lengthOf(answer.body);
			if (fault.length === 'adjusted') {
				if (length === 0) return answer;
				const { stream } = cutBody(answer.body, fault.bytes, async () => undefined);
				return { ...answer, body: { stream, length: length === undefined ? undefined : Math.min(fault.bytes, length - 1) } };
			}
			if (length === 0) {
				socket.end();
				return 'none';
			}
			if (fault.length === 'none') {
				const { stream } = cutBody(answer.body, fault.bytes, async () => undefined);
				return { ...answer, body: { stream }, framing: 'none' };
			}
			return { ...answer, body: cutBody(answer.body, fault.bytes, () => endedConnection(socket, closing)) };
		}
		case 'stall': {
			const silence = async () => {
				await untilSent(socket, closing);
				victim.onSilence();
				await untilGone(socket, closing);
			};
			if (lengthOf(answer.body) === 0) {
				await silence();
				return 'none';
			}
			return { ...answer, body: cutBody(answer.body, fault.afterBytes ?? 0, silence) };
		}
		default:
			return answer;
	}
}

/** As if a proxy had swallowed half of the answer: status kept, MESH's headers lost, JSON broken off. */
function garbage(answer: Answer): Answer {
	return { status: answer.status, headers: { 'content-type': 'application/json' }, body: '{"message_id": "2020' };
}

function overridden(headers: HeaderLines, changes: HeaderLines): HeaderLines {
	const result = { ...headers };
	for (const [name, value] of Object.entries(changes)) {
		if (value === '') delete result[name.toLowerCase()];
		else result[name.toLowerCase()] = value;
	}
	return result;
}
