import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { bufferSource, isMeshError } from '../../../nodes/Mesh/client';
import type { MeshClient, MeshError, OutgoingMessage, SendOptions, SentMessage } from '../../../nodes/Mesh/client';
import type { Fault } from '../../../sandbox';
import { failureOf, useWorld } from '../world';
import type { World } from '../world';
import { cases } from '../../support/cases';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.client('X26ABC1');
});

let number = 0;
/** Not used by any other test: in one process, what is in doubt stays so. */
const freshId = () => `A810${++number}`;
const message = (localId: string, text: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
	to: 'X26ABC2',
	workflowId: 'WF',
	localId,
	source: bufferSource(Buffer.from(text)),
	...changes,
});
const plain: SendOptions = { compression: 'never', chunkSize: 10 };
const lost: Fault = { kind: 'resetBeforeProcessing' };

describe('a message whose request was lost is never taken for another one with its local ID', () => {
	test('which the same process has sent two seconds before', async () => {
		const localId = freshId();
		await client.send(message(localId, 'of Jane'), plain);
		world.sandbox.arm({ call: 'send', fault: lost });
		const error = await failureOf(client.send(message(localId, 'of John'), plain));
		expect(error).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			localId,
			message: expect.stringContaining('another message with its local ID, which was sent before'),
		});
		expect(await world.contents('X26ABC2')).toEqual(['of Jane']);
	});

	test('which was being uploaded: its chunks do not go onto that one', async () => {
		const localId = freshId();
		world.sandbox.arm({ call: 'sendChunk', fault: { kind: 'status', status: 400 } });
		const first = message(localId, 'Jane Jane Jane Jane');
		const { upload } = await failureOf(client.send(first, plain));
		world.sandbox.arm({ call: 'send', fault: lost });
		expect(await failureOf(client.send(message(localId, 'John John John John'), plain))).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
		});
		await client.send(first, { ...plain, continueFrom: upload });
		expect(await world.contents('X26ABC2')).toEqual(['Jane Jane Jane Jane']);
	});

	test.each<[string, Partial<OutgoingMessage>]>([
		['to somebody else', { to: 'X26ABC3' }],
		['under another workflow', { workflowId: 'OTHER' }],
		['with another subject', { subject: 'John' }],
		['with another file name', { fileName: 'john.pdf' }],
		['with another checksum', { checksum: 'AB' }],
		['of another size', { source: bufferSource(Buffer.from('of another size')) }],
	])('which another process has just sent %s', async (_what, changes) => {
		const localId = freshId();
		const { source, ...theirs } = message(localId, 'of Jane', changes);
		let content = '';
		for await (const piece of source.read(0, source.size)) content += String(Buffer.from(piece));
		await world.sandbox.putMessage({ from: 'X26ABC1', ...theirs, content });
		world.sandbox.arm({ call: 'send', fault: lost });
		const error = await failureOf(client.send(message(localId, 'of John'), { compression: 'never' }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', message: expect.stringContaining('differs from this one') });
	});

	test('which the item came with: another worker may have sent it', async () => {
		const localId = freshId();
		const messageId = await world.sandbox.putMessage({ from: 'X26ABC1', to: 'X26ABC2', workflowId: 'WF', localId, content: 'of Jane' });
		world.sandbox.arm({ call: 'send', fault: lost });
		const error = await failureOf(client.send(message(localId, 'of John'), { ...plain, isOtherMessage: (id) => id === messageId }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
	});

	test('which is an hour old, at a server that gives its date as an hour behind', async () => {
		const localId = freshId();
		const hourAgo = new Date(world.sandbox.clock.now() - 3_600_000);
		const uploadTimestamp = hourAgo.toISOString().replace(/[-:T]|\..*/g, '');
		const body = JSON.stringify({
			messageId: 'OLD',
			dtsId: 'OLD',
			status: 'Accepted',
			localId,
			recipient: 'X26ABC2',
			workflowId: 'WF',
			uploadTimestamp,
		});
		world.sandbox.arm({ call: 'send', fault: lost });
		world.sandbox.arm({
			call: 'trackLocal',
			times: 9,
			fault: { kind: 'status', status: 200, headers: { date: hourAgo.toUTCString() }, body },
		});
		const error = await failureOf(client.send(message(localId, 'of John'), plain));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', message: expect.stringContaining('clocks') });
	});

	test('whose answer a cache gives a second time: its chunks do not go onto that one', async () => {
		const first = message(freshId(), 'Jane Jane Jane Jane');
		world.sandbox.arm({ call: 'sendChunk', fault: { kind: 'status', status: 400 } });
		const { upload } = await failureOf(client.send(first, plain));
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 202, body: JSON.stringify({ message_id: upload?.messageId }) } });
		expect(await failureOf(client.send(message(freshId(), 'John John John John'), plain))).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
		});
		await client.send(first, { ...plain, continueFrom: upload });
		expect(await world.contents('X26ABC2')).toEqual(['Jane Jane Jane Jane']);
	});

	test('which is complete, while only the first of its own chunks went out', async () => {
		const localId = freshId();
		const body = JSON.stringify({ messageId: 'WHOLE', dtsId: 'WHOLE', status: 'Accepted', localId, uploadTimestamp: '20991231235959' });
		world.sandbox.arm({ call: 'send', fault: lost });
		world.sandbox.arm({ call: 'trackLocal', times: 9, fault: { kind: 'status', status: 200, body } });
		expect(await failureOf(client.send(message(localId, 'John John John John'), plain))).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
		});
	});
});

test('of two in doubt at once under one local ID, only one of which MESH has, neither is called sent', async () => {
	const localId = freshId();
	world.sandbox.arm({ call: 'send', fault: lost });
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', times: 4, fault: { kind: 'status', status: 503 } });
	const both = await Promise.all(['of Jane', 'of John'].map(async (text) => await failureOf(client.send(message(localId, text), plain))));
	expect(both.map(({ code }) => code)).toEqual(['MESH_SEND_OUTCOME_UNKNOWN', 'MESH_SEND_OUTCOME_UNKNOWN']);
});

// ---- any number of sends, in any order --------------------------------------------------------------------------------

interface Plan {
	to: 'X26ABC2' | 'X26ABC3';
	subject?: string;
	chunks: 1 | 3;
	compression: 'always' | 'never';
	localId: 'shared' | 'own';
	fate: 'answered' | 'request lost' | 'answer lost' | 'answered twice' | 'breaks off';
	/** What happens before the next one starts: it is waited for, those that wait ask tracking once, or nothing. */
	then: 'wait' | 'ask' | 'next';
}

const plans = fc.array(
	fc.record<Plan>({
		to: fc.constantFrom('X26ABC2', 'X26ABC3'),
		subject: fc.constantFrom(undefined, undefined, 'A subject'),
		chunks: fc.constantFrom(1, 3),
		compression: fc.constantFrom('always', 'never'),
		localId: fc.constantFrom('shared', 'shared', 'shared', 'own'),
		fate: fc.constantFrom('answered', 'request lost', 'answer lost', 'answered twice', 'breaks off'),
		then: fc.constantFrom('wait', 'ask', 'next'),
	}),
	{ minLength: 2, maxLength: 5 },
);

type Outcome = { sent: SentMessage } | { error: MeshError };

/** Every pause of the client lasts until somebody lets it go on. */
class Pauses {
	waiting: Array<() => void> = [];
	sleep = async () => await new Promise<void>((resolve) => this.waiting.push(resolve));
	goOn(): void {
		for (const resolve of this.waiting.splice(0)) resolve();
	}
}

test('whatever is lost, and in whatever order: each recipient gets exactly what was sent to it, or the sender is told that it is not known', async () => {
	let unknown = 0;
	let settled = 0;
	await fc.assert(
		fc.asyncProperty(plans, async (sends) => {
			await world.reset();
			const pauses = new Pauses();
			const paused = world.client('X26ABC1', { runtime: { now: () => world.sandbox.clock.now(), random: () => 0.5, sleep: pauses.sleep } });
			const shared = freshId();
			const messages = sends.map(({ to, subject, chunks, localId }, at) =>
				message(localId === 'shared' ? shared : '', `send ${at}`.padEnd(chunks === 1 ? 8 : 28, String(at)), { to, subject }),
			);
			const running: Array<Promise<Outcome>> = [];
			const ended = new Set<number>();
			let lastSent: string | undefined;
			for (const [at, { fate, then, compression }] of sends.entries()) {
				const before = world.sandbox.requests.filter(({ call }) => call === 'send').length;
				if (fate === 'request lost') world.sandbox.arm({ call: 'send', fault: lost });
				if (fate === 'answer lost') world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
				if (fate === 'answered twice' && lastSent)
					world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 202, body: JSON.stringify({ message_id: lastSent }) } });
				if (fate === 'breaks off') world.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400 } });
				running.push(
					paused
						.send(messages[at], { ...plain, compression })
						.then(
							(sent) => {
								lastSent = sent.messageId;
								return { sent };
							},
							(error: unknown) => {
								if (!isMeshError(error)) throw error;
								return { error };
							},
						)
						.finally(() => ended.add(at)),
				);
				while (world.sandbox.requests.filter(({ call }) => call === 'send').length === before) await turn();
				while (!ended.has(at) && pauses.waiting.length === 0) await turn();
				world.sandbox.clearFaults();
				if (then === 'ask') pauses.goOn();
				while (then === 'wait' && !ended.has(at)) {
					pauses.goOn();
					await turn();
				}
			}
			while (ended.size < sends.length) {
				pauses.goOn();
				await turn();
			}
			const outcomes = await Promise.all(running);
			for (const [at, outcome] of outcomes.entries()) {
				if ('error' in outcome && outcome.error.upload) {
					outcomes[at] = { sent: await client.send(messages[at], { ...plain, continueFrom: outcome.error.upload }) };
				}
			}

			const arrived = await Promise.all((['X26ABC2', 'X26ABC3'] as const).map(async (mailboxId) => await world.contents(mailboxId)));
			const wanted = [['X26ABC2'], ['X26ABC3']].map(([to]) => messages.filter((one) => one.to === to));
			const textOf = async ({ source }: OutgoingMessage) => {
				let text = '';
				for await (const piece of source.read(0, source.size)) text += String(Buffer.from(piece));
				return text;
			};
			for (const [which, texts] of arrived.entries()) {
				const possible = await Promise.all(wanted[which].map(textOf));
				expect(new Set(texts).size).toBe(texts.length);
				expect(possible).toEqual(expect.arrayContaining(texts));
			}
			const ids = new Set<string>();
			for (const [at, outcome] of outcomes.entries()) {
				if ('error' in outcome) {
					expect(outcome.error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
					unknown++;
					continue;
				}
				const { messageId, settledByTracking } = outcome.sent;
				if (settledByTracking) settled++;
				ids.add(messageId);
				expect(world.sandbox.message(messageId)).toMatchObject({ to: messages[at].to });
				expect(String(await world.sandbox.content(messageId))).toBe(await textOf(messages[at]));
			}
			expect(ids.size).toBe(outcomes.filter((outcome) => 'sent' in outcome).length);
		}),
		{ numRuns: cases(150) },
	);
	// Both ends are reached: to be told nothing would be no help.
	expect(unknown).toBeGreaterThan(0);
	expect(settled).toBeGreaterThan(0);
});
