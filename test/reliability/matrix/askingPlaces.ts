import { checkConnection } from '../../../nodes/Mesh/client';
import type { Place, Scene } from './place';
import { PATIENT } from './secrets';
import { RECIPIENT, SENDER } from './lane';
import type { Lane } from './lane';

const message = (more: { to?: string; from?: string } = {}) => ({
	to: SENDER,
	from: RECIPIENT,
	content: PATIENT,
	subject: PATIENT,
	fileName: `${PATIENT}.pdf`,
	localId: 'local-1',
	...more,
});

/** A question: whatever goes wrong, nothing in MESH changes. */
function question(
	name: string,
	place: Partial<Place> & Pick<Place, 'call'>,
	prepare: (lane: Lane) => Promise<Pick<Scene, 'act' | 'check'>>,
): Place {
	return {
		name,
		repeat: 'read',
		answer: 'json',
		...place,
		async prepare(lane) {
			const scene = await prepare(lane);
			const before = [lane.sandbox.inbox(SENDER), lane.sandbox.inbox(RECIPIENT)];
			return {
				mailboxId: SENDER,
				...scene,
				always: () => expect([lane.sandbox.inbox(SENDER), lane.sandbox.inbox(RECIPIENT)]).toEqual(before),
			};
		},
	};
}

/** The inbox in pages of ten. */
async function listing(lane: Lane): Promise<Pick<Scene, 'act' | 'check'>> {
	const ids: string[] = [];
	for (let i = 0; i < 11; i++) ids.push(await lane.sandbox.putMessage(message()));
	return {
		async act(client, signal) {
			const listed: string[] = [];
			for await (const { messageIds } of client.listInbox({ pageSize: 10 }, { signal })) listed.push(...messageIds);
			return listed;
		},
		check: (result) => expect(result).toEqual(ids),
	};
}

const acknowledging: Place = {
	name: 'acknowledge',
	call: 'acknowledge',
	repeat: 'idempotent',
	answer: 'nothing',
	isEmpty: true,
	async prepare({ sandbox }) {
		const wanted = await sandbox.putMessage(message());
		const other = await sandbox.putMessage(message());
		return {
			mailboxId: SENDER,
			act: async (client, signal) => await client.acknowledge(wanted, { signal }),
			check: () => expect(sandbox.message(wanted)?.status).toBe('acknowledged'),
			always: () => expect(sandbox.message(other)?.status).toBe('accepted'),
			async recover(client) {
				await client.acknowledge(wanted);
				expect(sandbox.inbox(SENDER)).toEqual([other]);
			},
		};
	},
};

/** Every call that transfers no content. */
export const ASKING_PLACES: readonly Place[] = [
	question('handshake', { call: 'handshake', answer: 'nothing', isEmpty: true }, async () => ({
		act: async (client, signal) => await client.handshake({ signal }),
		check: (result) => expect(result).toMatchObject({ mailboxId: SENDER }),
	})),
	question('list, first page', { call: 'list', follow: 1 }, listing),
	question('list, second page', { call: 'list', skip: 1, isLater: true }, listing),
	question('count', { call: 'count' }, async ({ sandbox }) => {
		await sandbox.putMessage(message());
		return { act: async (client, signal) => await client.countMessages({ signal }), check: (result) => expect(result).toBe(1) };
	}),
	question('head', { call: 'head', answer: 'content', isEmpty: true }, async ({ sandbox }) => {
		const id = await sandbox.putMessage(message());
		return {
			act: async (client, signal) => await client.getHeaders(id, { signal }),
			check: (result) => expect(result).toMatchObject({ messageId: id, from: RECIPIENT, to: SENDER, localId: 'local-1', chunkCount: 1 }),
		};
	}),
	question('track', { call: 'track' }, async ({ sandbox }) => {
		const id = await sandbox.putMessage(message({ to: RECIPIENT, from: SENDER }));
		return {
			act: async (client, signal) => await client.track(id, { signal }),
			check: (result) => expect(result).toMatchObject({ messageId: id, status: 'accepted' }),
		};
	}),
	question('track by local ID', { call: 'trackLocal' }, async ({ sandbox }) => {
		const id = await sandbox.putMessage(message({ to: RECIPIENT, from: SENDER }));
		return {
			act: async (client, signal) => await client.trackByLocalId('local-1', { signal }),
			check: (result) => expect(result).toMatchObject({ outcome: 'found', record: { messageId: id, status: 'accepted' } }),
		};
	}),
	question('look up mailboxes', { call: 'lookup' }, async () => ({
		act: async (client, signal) => await client.lookUpMailboxes('X26', 'TEST_WORKFLOW', { signal }),
		check: (result) => expect(result).toEqual([{ mailboxId: RECIPIENT, mailboxName: `Mailbox ${RECIPIENT}` }]),
	})),
	question('search by workflow', { call: 'search' }, async () => ({
		act: async (client, signal) => await client.searchByWorkflow('TEST_WORKFLOW_ACK', { signal }),
		check: (result) => expect(result).toMatchObject([{ mailboxId: SENDER }, { mailboxId: 'X26ABC3' }]),
	})),
	acknowledging,
	question('check connection', { call: 'handshake', answer: 'nothing', isEmpty: true, tries: 1 }, async (lane) => ({
		async act(_client, signal) {
			const report = await checkConnection(lane.options(SENDER), { signal });
			if (report.failure) throw report.failure.error;
			return report;
		},
		check: (result) => expect(result).toMatchObject({ reachable: true, approximateInboxCount: 0 }),
	})),
];
