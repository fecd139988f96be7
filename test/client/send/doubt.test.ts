import { bufferSource } from '../../../nodes/Mesh/client';
import type { MeshClient, OutgoingMessage, SendOptions, TrackingRecord } from '../../../nodes/Mesh/client';
import type { Fault } from '../../../sandbox';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import type { Claimant } from '../../../nodes/Mesh/client/send/claims';
import { couldBe, whyNotOurs } from '../../../nodes/Mesh/client/send/doubt';
import type { MessageFacts } from '../../../nodes/Mesh/client/tracking';
import { NO_RECORD, failureOf, useWorld } from '../world';
import type { World } from '../world';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.impatientClient('X26ABC1');
});

const content = Buffer.from('twenty-five bytes of text');
const send = async (options: SendOptions = {}, changes: Partial<OutgoingMessage> = {}) =>
	await client.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(content), ...changes }, { compression: 'never', ...options });

const tookEffect: Array<[string, Fault]> = [
	['the connection was reset before the answer', { kind: 'resetAfterProcessing' }],
	['the answer came too late', { kind: 'lateAnswer', ms: 3_000 }],
	['the answer was damaged', { kind: 'garbageJson' }],
	['the answer named no message', { kind: 'truncate', bytes: 1, length: 'adjusted' }],
	['the answer broke off', { kind: 'truncate', bytes: 5, length: 'kept' }],
	['the connection was reset in the answer', { kind: 'resetInResponseBody', afterBytes: 5 }],
];

const nothingDone: Array<[string, Fault]> = [
	['the connection was reset before anything was done', { kind: 'resetBeforeProcessing' }],
	['the connection was reset in the middle of the content', { kind: 'resetInRequestBody', afterBytes: 10 }],
	['no answer came', { kind: 'stall', where: 'beforeAnswer' }],
	['a gateway failed', { kind: 'status', status: 502 }],
	['a gateway gave up', { kind: 'status', status: 504 }],
	['MESH failed', { kind: 'status', status: 500 }],
	['MESH failed in XML', { kind: 'xmlError' }],
];

describe('when MESH has the message although', () => {
	test.each(tookEffect)('%s, tracking finds it and it is not sent again', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		const sent = await send();
		expect(sent).toMatchObject({ settledByTracking: true, chunkCount: 1, messageId: world.sandbox.inbox('X26ABC2')[0] });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1', 'trackLocal']);
	});

	test.each(tookEffect)('%s on the first of several chunks, the upload goes on behind it', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		expect(await send({ chunkSize: 10 })).toMatchObject({ settledByTracking: true, chunkCount: 3 });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'sendChunk 2', 'sendChunk 3']);
	});
});

describe('when MESH has no record of the message because', () => {
	test.each(nothingDone)('%s, it is not sent again, and the error names the local ID to look for', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		const error = await failureOf(send());
		expect(error).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			ambiguous: true,
			temporary: false,
			localId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
		expect(error.message).toContain(error.localId);
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'trackLocal', 'trackLocal', 'trackLocal']);
		expect(await world.contents('X26ABC2')).toEqual([]);
	});

	test.each(nothingDone)('%s, it is sent again when the user wants that', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		expect(await send({ sendAgainWhenNoRecord: true })).toMatchObject({ settledByTracking: false });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
	});

	test('it keeps failing, the user gets an error in the end although it may be sent again', async () => {
		world.sandbox.arm({ call: 'send', times: 100, fault: { kind: 'resetBeforeProcessing' } });
		expect(await failureOf(send({ sendAgainWhenNoRecord: true }))).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(world.calls().filter((call) => call === 'send 1')).toHaveLength(4);
	});

	test('nothing was sent at all, it is simply tried again', async () => {
		await world.client('X26ABC1').close();
		const fresh = world.client('X26ABC1');
		world.sandbox.arm({ times: 2, fault: { kind: 'refuseConnections', ms: 60_000 } });
		await fresh.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(content) });
		expect(await world.contents('X26ABC2')).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1']);
		expect(world.pauses).toHaveLength(2);
	});
});

test('tracking is asked at growing distances over half a minute, as a record may appear late', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({
		call: 'trackLocal',
		times: 3,
		fault: NO_RECORD,
	});
	expect(await send()).toMatchObject({ settledByTracking: true });
	const waited = world.pauses.reduce((sum, pause) => sum + pause, 0);
	expect(world.pauses).toHaveLength(4);
	expect(waited).toBeGreaterThan(28_000);
	expect(waited).toBeLessThanOrEqual(30_000);
});

test('a tracking that fails for passing reasons is asked again, one that cannot be asked leaves the outcome unknown', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', times: 6, fault: { kind: 'status', status: 503 } });
	expect(await send()).toMatchObject({ settledByTracking: true });
	await world.reset();
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', times: 100, fault: { kind: 'status', status: 403 } });
	const error = await failureOf(send({ sendAgainWhenNoRecord: true }));
	expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
	expect(error.message).toMatch(/tracking could not be asked/);
	expect(world.calls().filter((call) => call === 'send 1')).toHaveLength(1);
});

describe('a local ID that others have too', () => {
	test('leaves the outcome unknown when MESH has several, and is never taken as leave to send again', async () => {
		await send({}, { localId: 'same' });
		await send({}, { localId: 'same' });
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const error = await failureOf(send({ sendAgainWhenNoRecord: true }, { localId: 'same' }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'same' });
		expect(error.message).toMatch(/several messages/);
		expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(2);
	});

	test('does not let an older message pass for the one that was lost', async () => {
		await send({}, { localId: 'same' });
		world.sandbox.clock.advance(60_000);
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const error = await failureOf(send({}, { localId: 'same' }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(error.message).toMatch(/older message/);
	});

	test('that is used for the first time is found by its time', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		expect(await send({}, { localId: 'mine' })).toMatchObject({ settledByTracking: true, localId: 'mine' });
	});
});

test('a record that does not say how far the message is leaves the outcome unknown', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({
		call: 'trackLocal',
		times: 99,
		fault: { kind: 'status', status: 200, body: '{"messageId":"ID1","dtsId":"ID1","fileSize":0}' },
	});
	expect(await failureOf(send())).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
	expect(await world.contents('X26ABC2')).toHaveLength(1);
});

describe('what was refused before it was looked at', () => {
	test.each([425, 429, 503])('with %d is sent again', async (status) => {
		world.sandbox.arm({ call: 'send', times: 2, fault: { kind: 'status', status } });
		expect(await send()).toMatchObject({ settledByTracking: false });
		expect(world.calls()).toEqual(['send 1', 'send 1', 'send 1']);
		expect(await world.contents('X26ABC2')).toHaveLength(1);
	});

	test('is sent again when the server says', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 503, headers: { 'retry-after': '7' } } });
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 429, headers: { 'retry-after': '99999' } } });
		await send();
		expect(world.pauses).toEqual([7_250, 120_000]);
	});

	test.each([400, 403, 404, 413, 417, 422])('with %d stays refused', async (status) => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status } });
		expect(await failureOf(send())).toMatchObject({
			code: status === 404 ? 'MESH_PROTOCOL' : 'MESH_STATUS',
			httpStatus: status,
			localId: expect.any(String),
			ambiguous: false,
		});
		expect(world.calls()).toEqual(['send 1']);
	});

	test('with a redirect is not sent elsewhere', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 307, headers: { location: 'https://evil.example/' } } });
		const error = await failureOf(send());
		expect(error).toMatchObject({ code: 'MESH_STATUS', httpStatus: 307 });
		expect(error.hint).toMatch(/not followed/);
	});
});

describe('a token that MESH says it has seen', () => {
	const seen: Fault = {
		kind: 'status',
		status: 403,
		body: '{"detail":[{"event":"","code":"","msg":"Error Duplicated Authentication Token"}]}',
	};

	test('means that something on the way sent the message twice: where tracking has no record, the user decides', async () => {
		world.sandbox.arm({ call: 'send', times: 2, fault: seen });
		expect(await failureOf(send())).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'trackLocal', 'trackLocal', 'trackLocal']);
		expect(await send({ sendAgainWhenNoRecord: true })).toMatchObject({ settledByTracking: false });
		expect(await world.contents('X26ABC2')).toHaveLength(1);
	});

	test('costs a question one more attempt', async () => {
		world.sandbox.arm({ call: 'count', times: 2, fault: seen });
		expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_STATUS', httpStatus: 403 });
		expect(world.calls()).toEqual(['count', 'count']);
	});
});

test('a source that fails in the first chunk is told as such: MESH cannot have the message', async () => {
	const broken = {
		size: 200_000,
		async *read() {
			yield Buffer.alloc(100_000);
			throw Object.assign(new Error('x'), { code: 'EIO' });
		},
	};
	expect(await failureOf(send({}, { source: broken }))).toMatchObject({
		code: 'MESH_INVALID_INPUT',
		parameter: 'source',
		networkCode: 'EIO',
	});
	expect(await world.contents('X26ABC2')).toEqual([]);
});

describe('whether a record is of this message', () => {
	const startedAt = Date.UTC(2026, 0, 5, 12);
	const HOUR_MS = 3_600_000;
	const headers = {
		'mex-localid': 'L',
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'WF',
		'mex-subject': 'Weekly',
		'mex-filename': 'a.csv',
		'mex-content-checksum': 'AB12',
	};
	const ours: MessageFacts = {
		recipient: 'X26ABC2',
		workflowId: 'WF',
		subject: 'Weekly',
		fileName: 'a.csv',
		checksum: 'ab12',
		storedBytes: 25,
	};

	let number = 0;
	const claimant = (sent: Record<string, string> = headers, changes: Partial<Claimant> = {}): Claimant => ({
		sendId: `send ${++number}`,
		mailbox: 'https://mesh.example X26ABC1',
		localId: 'L',
		couldBe: (found) => couldBe(found, sent, [25]),
		...changes,
	});

	interface Case {
		record?: Partial<TrackingRecord>;
		facts?: MessageFacts;
		sent?: Record<string, string>;
		ownLocalId?: boolean;
		clockDifferenceMs?: number;
		from?: Claimant;
	}
	const why = ({ record = {}, facts = ours, sent = headers, ownLocalId = false, clockDifferenceMs = 0, from = claimant(sent) }: Case) =>
		whyNotOurs(
			{ record: { messageId: 'ID1', status: 'accepted', uploadTimestamp: new Date(startedAt), ...record }, facts },
			{
				ownLocalId,
				headers: sent,
				sizes: [25],
				claimant: from,
				startedAt,
				isOtherMessage: (messageId) => messageId === 'CAME_WITH_THE_ITEM',
			},
			clockDifferenceMs,
		);
	const uploaded = (afterMs: number) => ({ uploadTimestamp: new Date(startedAt + afterMs) });

	describe('a record found by a local ID that the caller gave is ours', () => {
		test.each<[string, Case]>([
			['when everything agrees', {}],
			['when it was uploaded since the send began, give or take the second that MESH rounds to', { record: uploaded(-1_000) }],
			['when it was uploaded some seconds later', { record: uploaded(9_000) }],
			['when MESH says little of the message', { facts: {} }],
			['when MESH writes recipient and checksum in the other case', { facts: { ...ours, recipient: 'x26abc2', checksum: 'AB12' } }],
			[
				'when it was sent without a file name, and MESH has made one of the message ID',
				{ sent: { 'mex-localid': 'L', 'mex-to': 'X26ABC2', 'mex-workflowid': 'WF' }, facts: { recipient: 'X26ABC2', fileName: 'ID1.dat' } },
			],
			['when the practice of a patient was found by MESH', { sent: { ...headers, 'mex-to': 'GPPROVIDER_9434765919' } }],
			['when the server is ahead of us, and so are its times', { record: uploaded(HOUR_MS), clockDifferenceMs: HOUR_MS }],
		])('%s', (_when, input) => expect(why(input)).toBeUndefined());
	});

	describe('a record found by a local ID that the caller gave is not taken for ours', () => {
		test.each<[string, string, Case]>([
			['older', 'when it was uploaded before', { record: uploaded(-60_000) }],
			['undated', 'when it does not say from when it is', { record: { uploadTimestamp: undefined } }],
			['different', 'with another recipient', { facts: { ...ours, recipient: 'X26ABC3' } }],
			['different', 'with another workflow', { facts: { ...ours, workflowId: 'OTHER' } }],
			['different', 'with another subject', { facts: { ...ours, subject: 'Daily' } }],
			['different', 'without a subject', { facts: { ...ours, subject: '' } }],
			[
				'different',
				'with a subject where none was sent',
				{ sent: { 'mex-localid': 'L', 'mex-to': 'X26ABC2', 'mex-workflowid': 'WF' }, facts: { subject: 'Weekly' } },
			],
			['different', 'with another file name', { facts: { ...ours, fileName: 'b.csv' } }],
			[
				'different',
				'with a file name where none was sent',
				{ sent: { 'mex-localid': 'L', 'mex-to': 'X26ABC2', 'mex-workflowid': 'WF' }, facts: { fileName: 'b.csv' } },
			],
			['different', 'with another checksum', { facts: { ...ours, checksum: 'CD34' } }],
			['different', 'of another size', { facts: { ...ours, storedBytes: 26 } }],
			['different', 'with another local ID, as from a cache', { record: { localId: 'OTHER' } }],
			['known', 'when the item came with its message ID', { record: { messageId: 'CAME_WITH_THE_ITEM' } }],
			// The date of an answer can come from a proxy. A message of an hour ago, and one of now at a server that is an hour behind, look the same.
			[
				'otherClock',
				'when it is of an hour ago, and the server gives its date as an hour behind',
				{ record: uploaded(-HOUR_MS), clockDifferenceMs: -HOUR_MS },
			],
			['otherClock', 'when it is of now, and the server gives its date as an hour ahead', { clockDifferenceMs: HOUR_MS }],
		])('%s: %s', (reason, _when, input) => expect(why(input)).toBe(reason));

		test('known: when it is the message of another send of this process, also by a UUID of ours', () => {
			claims.take(claimant(), 'TAKEN');
			for (const ownLocalId of [false, true]) expect(why({ record: { messageId: 'TAKEN' }, ownLocalId })).toBe('known');
			expect(why({ record: { messageId: 'TAKEN' }, from: claimant(headers, { mailbox: 'https://mesh.example X26ABC9' }) })).toBeUndefined();
		});

		test('rival: while another send with the local ID is without an answer, and the record could be of either', () => {
			const other = claimant();
			claims.open(other);
			expect(why({})).toBe('rival');
			expect(why({ from: other })).toBeUndefined();
			expect(why({ from: claimant(headers, { localId: 'OTHER' }) })).toBeUndefined();
			expect(why({ ownLocalId: true })).toBeUndefined();
			claims.withdraw(other);
			expect(why({})).toBeUndefined();
		});

		test('but a send to somebody else is no rival, where the record names the recipient', () => {
			const other = claimant({ ...headers, 'mex-to': 'X26ABC3' });
			claims.open(other);
			expect(why({})).toBeUndefined();
			expect(why({ facts: { ...ours, recipient: undefined } })).toBe('rival');
			claims.withdraw(other);
		});
	});

	test('with a UUID made for this send, neither times nor texts matter', () => {
		expect(
			why({ ownLocalId: true, record: { uploadTimestamp: undefined }, facts: { recipient: 'X26ABC3' }, clockDifferenceMs: HOUR_MS }),
		).toBeUndefined();
	});

	test('what is remembered has a bound: the oldest is forgotten first', () => {
		const first = claimant();
		claims.take(first, 'FIRST');
		for (let n = 0; n < 50_000; n++) claims.take(first, `MESSAGE ${n}`);
		expect(claims.isOfAnother(claimant(), 'FIRST')).toBe(false);
		expect(claims.isOfAnother(claimant(), 'MESSAGE 49999')).toBe(true);
	});
});
