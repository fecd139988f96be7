import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bufferSource, MeshClient, type IncomingMessage } from '../../../nodes/Mesh/client';
import { startSandbox, type Sandbox } from '../../../sandbox';

// What NHS England has a supplier demonstrate before it may use the live service, done with this package's client.

const DAY_MS = 24 * 60 * 60 * 1000;
const HIGH_VOLUME = 600;

let sandbox: Sandbox;
let hospital: MeshClient;
let practice: MeshClient;

beforeAll(async () => {
	sandbox = await startSandbox();
	hospital = clientOf('X26ABC1');
	practice = clientOf('X26ABC2');
});
afterEach(() => sandbox.reset());
afterAll(async () => {
	await hospital.close();
	await practice.close();
	await sandbox.close();
});

function clientOf(mailboxId: string): MeshClient {
	const { ca, client } = sandbox.certificates;
	return new MeshClient({
		baseUrl: sandbox.url,
		mailboxId,
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: { clientCertificate: client.certificate, privateKey: client.privateKey, caCertificates: ca },
		runtime: { now: () => sandbox.clock.now() },
	});
}

const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');
const message = (content: Buffer | string, more = {}) => ({ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source: bufferSource(Buffer.from(content)), ...more });

async function contentOf({ body }: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of body as AsyncIterable<Buffer>) parts.push(Buffer.from(part));
	return Buffer.concat(parts);
}

async function inboxOf(client: MeshClient): Promise<string[][]> {
	const pages: string[][] = [];
	for await (const { messageIds } of client.listInbox()) pages.push(messageIds);
	return pages;
}

/** Not random, so that a failure can be repeated; does not compress well. */
const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, index) => (index * index * 31 + (index >> 5) * 7) % 251));

test('handshake: the mailbox is validated', async () => {
	expect(await hospital.handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
});

test('send and acknowledge: the recipient finds the message, reads it and acknowledges it, and tracking says so', async () => {
	const { messageId } = await hospital.send(message('Dear colleague', { subject: 'Referral', localId: 'REF-1', fileName: 'referral.txt' }));
	expect(await inboxOf(practice)).toEqual([[messageId]]);
	const incoming = await practice.download(messageId);
	expect(incoming.headers).toMatchObject({ messageId, from: 'X26ABC1', workflowId: 'TEST_WORKFLOW', subject: 'Referral', localId: 'REF-1', fileName: 'referral.txt' });
	expect((await contentOf(incoming)).toString()).toBe('Dear colleague');
	await practice.acknowledge(messageId);
	expect((await inboxOf(practice)).flat()).toEqual([]);
	expect((await hospital.track(messageId)).status).toBe('acknowledged');
});

test('retrieve uncompressed: what was sent without compression arrives byte for byte', async () => {
	const content = noise(50_000);
	const { messageId } = await hospital.send(message(content), { compression: 'never' });
	expect(sandbox.message(messageId)?.contentEncoding).toBeUndefined();
	expect(md5(await contentOf(await practice.download(messageId)))).toBe(md5(content));
});

test('retrieve compressed: gzip on the way is undone, gzip of the sender is left alone', async () => {
	const content = Buffer.from('line of text\n'.repeat(5000));
	const transfer = await hospital.send(message(content), { compression: 'always' });
	expect(sandbox.message(transfer.messageId)).toMatchObject({ contentEncoding: 'gzip' });
	expect(md5(await contentOf(await practice.download(transfer.messageId)))).toBe(md5(content));
	const packed = gzipSync(content);
	const payload = await hospital.send(message(packed, { contentCompressed: true }), { compression: 'never' });
	const received = await contentOf(await practice.download(payload.messageId));
	expect(md5(received)).toBe(md5(packed));
	expect(md5(gunzipSync(received))).toBe(md5(content));
});

test.each(['never', 'always'] as const)('chunked send and retrieve, compression %s: MD5 before and after agree', async (compression) => {
	const content = Buffer.concat([noise(300_000), Buffer.from('repetition '.repeat(20_000))]);
	const sent = await hospital.send(message(content), { chunkSize: 64 * 1024, compression });
	expect(sent).toMatchObject({ chunkCount: Math.ceil(content.length / (64 * 1024)), compressed: compression === 'always' });
	const incoming = await practice.download(sent.messageId);
	expect(incoming.headers.chunkCount).toBe(sent.chunkCount);
	expect(md5(await contentOf(incoming))).toBe(md5(content));
	await practice.acknowledge(sent.messageId);
});

test('high volume: 600 messages are listed in more than one page, read and acknowledged, each once', async () => {
	const sent: string[] = [];
	for (let number = 1; number <= HIGH_VOLUME; number += 20) {
		const batch = Array.from({ length: 20 }, (_, index) => hospital.send(message(`message ${number + index}`)));
		sent.push(...(await Promise.all(batch)).map(({ messageId }) => messageId));
	}
	const pages = await inboxOf(practice);
	expect(pages.map(({ length }) => length)).toEqual([500, 100]);
	expect(new Set(pages.flat())).toEqual(new Set(sent));
	const contents = new Set<string>();
	for (const messageId of pages.flat()) {
		contents.add((await contentOf(await practice.download(messageId))).toString());
		await practice.acknowledge(messageId);
	}
	expect(contents.size).toBe(HIGH_VOLUME);
	expect(await practice.countMessages()).toBe(0);
});

test('701, disabled mailbox: its own calls are refused, and a message to it comes back as a report', async () => {
	sandbox.putMailbox({ mailboxId: 'X26ABC2', odsCode: 'X26', active: false });
	await expect(inboxOf(practice)).rejects.toMatchObject({ name: 'MeshError', code: 'MESH_STATUS', httpStatus: 403, meshText: 'Request Received from Inactive Mailbox' });
	const { messageId } = await hospital.send(message('nobody reads this'));
	const [[report]] = await inboxOf(hospital);
	expect(await hospital.getHeaders(report)).toMatchObject({ messageType: 'REPORT', linkedMessageId: messageId, statusCode: '14' });
	sandbox.putMailbox({ mailboxId: 'X26ABC2', odsCode: 'X26' });
});

test('702, invalid recipient: refused with 417 and code 12, with the ID that its report will name', async () => {
	const failure = await hospital.send(message('to nobody', { to: 'NOBODY' })).catch((error: unknown) => error);
	expect(failure).toMatchObject({ name: 'MeshError', code: 'MESH_STATUS', httpStatus: 417, meshEvent: 'SEND', meshCode: '12', temporary: false });
	const [[report]] = await inboxOf(hospital);
	expect((await hospital.getHeaders(report)).linkedMessageId).toBe((failure as { messageId: string }).messageId);
});

test('703, undelivered message: after five days the sender finds a report, which has facts and no content', async () => {
	const { messageId, localId } = await hospital.send(message('nobody collects this', { subject: 'Lost' }));
	sandbox.clock.advance(5 * DAY_MS);
	const [[report]] = await inboxOf(hospital);
	const incoming = await hospital.download(report);
	expect(incoming.headers).toMatchObject({ messageType: 'REPORT', linkedMessageId: messageId, localId, subject: 'Lost', statusCode: '14', statusSuccess: false, statusDescription: 'Message not collected by recipient after 5 days' });
	expect(await contentOf(incoming)).toHaveLength(0);
	expect((await hospital.track(messageId)).status).toBe('undeliverable');
	await hospital.acknowledge(report);
	expect((await inboxOf(hospital)).flat()).toEqual([]);
});

test('704, unknown message: 404 with RECEIVE and 20', async () => {
	await expect(practice.download('20200101000000000000_ABCDEF')).rejects.toMatchObject({ name: 'MeshError', httpStatus: 404, meshEvent: 'RECEIVE', meshCode: '20', temporary: false });
});

test('705, message that is gone: 410 after it was acknowledged', async () => {
	const { messageId } = await hospital.send(message('read once'));
	await practice.acknowledge(messageId);
	await expect(practice.download(messageId)).rejects.toMatchObject({ name: 'MeshError', httpStatus: 410, temporary: false });
});
