import type { TrackingRecord } from '../../../nodes/Mesh/client';
import type { Claimant } from '../../../nodes/Mesh/client/send/claims';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import { couldBe, whyNotOurs } from '../../../nodes/Mesh/client/send/doubt';
import type { MessageFacts } from '../../../nodes/Mesh/client/tracking';

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
