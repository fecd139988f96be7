import type { IDataObject, IExecuteFunctions, INodeType } from 'n8n-workflow';
import { createHash } from 'node:crypto';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import {
	bareDescription,
	errorOf,
	execute,
	makeNode,
	makeWorkflow,
	outputOf,
	passOn,
	readBinary,
	storeBinary,
	useBinaryDataMode,
} from '../engine';
import { MESH, type World, useWorld } from './world';

let world: World;
useWorld((started) => (world = started));
afterEach(async () => await useBinaryDataMode('filesystem'));

const download = (messageId: string, more: IDataObject = {}, options: IDataObject = {}): IDataObject => ({
	resource: 'message',
	operation: 'download',
	messageId,
	options,
	...more,
});
const put = async (message: Partial<Parameters<World['sandbox']['putMessage']>[0]> = {}) =>
	await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content: 'hello', ...message });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const status = (messageId: string) => world.sandbox.message(messageId)?.status;

describe('Message: Download', () => {
	test('streams the content into a binary field, with the headers flat beside it, and leaves the message in the inbox', async () => {
		const messageId = await put({
			content: ['first, ', 'second'],
			gzip: true,
			fileName: 'report.csv',
			contentType: 'text/csv',
			subject: 'S',
			localId: 'L',
			workflowId: 'WF',
			encrypted: true,
		});
		const [item] = await world.output(download(messageId, { simplify: false }));
		expect(item?.json).toMatchObject({
			messageId,
			messageType: 'DATA',
			isReport: false,
			from: 'X26ABC2',
			to: 'X26ABC1',
			workflowId: 'WF',
			subject: 'S',
			localId: 'L',
			fileName: 'report.csv',
			contentType: 'text/csv',
			contentEncrypted: true,
			chunkCount: 2,
			bytes: 13,
			checksumStatus: 'absent',
			statusSuccess: true,
		});
		expect(item?.json.statusTimestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		expect(item?.binary?.data).toMatchObject({
			fileName: 'report.csv',
			mimeType: 'text/csv',
			id: expect.stringMatching(/^filesystem-v2:workflows\/wf1\/executions\/\d+\//),
		});
		expect((await readBinary(item?.binary?.data)).toString()).toBe('first, second');
		expect(item?.pairedItem).toEqual({ item: 0 });
		expect(status(messageId)).toBe('accepted');
	});

	test('simplified, as is the default, it has the fields that workflows look at, and no status of a message that did not fail', async () => {
		const messageId = await put({
			content: 'x',
			fileName: 'report.csv',
			contentType: 'text/csv',
			subject: 'S',
			localId: 'L',
			workflowId: 'WF',
		});
		const [item] = await world.output(download(messageId));
		expect(item?.json).toEqual({
			messageId,
			isReport: false,
			from: 'X26ABC2',
			workflowId: 'WF',
			subject: 'S',
			localId: 'L',
			fileName: 'report.csv',
			bytes: 1,
			checksumStatus: 'absent',
		});
		const [acknowledged] = await world.output(download(messageId, { outputAs: 'text' }, { acknowledge: true }));
		expect(acknowledged?.json).toEqual({ ...item?.json, checksumStatus: undefined, content: 'x', acknowledged: true });
	});

	test('works where n8n keeps binary data in memory, and with a field name of the user', async () => {
		await useBinaryDataMode('default');
		const [item] = await world.output(download(await put(), { binaryPropertyName: 'letter' }));
		expect(item?.binary?.letter?.id).toBeUndefined();
		expect((await readBinary(item?.binary?.letter)).toString()).toBe('hello');
	});

	test.each([
		['text', 'plain', undefined, 'plain'],
		['text', '\uFEFFwith byte order mark', 'text/plain; charset=utf-8', 'with byte order mark'],
		['text', Buffer.from([0x63, 0x61, 0x66, 0xe9]), 'text/plain; charset=iso-8859-1', 'café'],
		['json', '{"a":[1,"zwei"]}', 'application/json', { a: [1, 'zwei'] }],
	])('as %s, %j of type %j becomes %j', async (outputAs, content, contentType, expected) => {
		const [item] = await world.output(download(await put({ content, contentType }), { outputAs }));
		expect(item?.json.content).toEqual(expected);
		expect(item?.binary).toBeUndefined();
	});

	test.each([
		['text', Buffer.from([0xff, 0xfe, 0x00]), undefined, 'bytes that are no text would be altered'],
		['text', 'x', 'text/plain; charset=klingon', 'the charset is unknown'],
		['json', 'Jane Doe, 9434765919', undefined, 'it is not JSON'],
	])('as %s, %j of type %j fails, because %s; nothing of the content is quoted', async (...[outputAs, content, contentType]) => {
		const messageId = await put({ content, contentType });
		const error = errorOf(await world.run(download(messageId, { outputAs }, { acknowledge: true })));
		expect(error.message).toContain(messageId);
		expect(JSON.stringify([error.message, error.description, error.context])).not.toMatch(/Jane|943476/);
		expect(status(messageId)).toBe('accepted');
	});

	test('a file name that leads out of the folder becomes harmless, in the file and in the JSON', async () => {
		const [item] = await world.output(download(await put({ fileName: '../../etc/cron.d/evil' })));
		expect(item?.binary?.data).toMatchObject({ fileName: 'evil' });
		expect(item?.binary?.data?.directory).toBeUndefined();
		expect(item?.json.fileName).toBe('evil');
		expect(item?.json).not.toHaveProperty('fileNameAsReceived');
	});

	test('the name as the sender wrote it is there when Simplify is off', async () => {
		const [item] = await world.output(download(await put({ fileName: '../../etc/cron.d/evil' }), { simplify: false }));
		expect(item?.json).toMatchObject({ fileName: 'evil', fileNameAsReceived: '../../etc/cron.d/evil' });
	});

	test('a report is recognisable and has no content', async () => {
		const messageId = await world.sandbox.putReport({
			to: 'X26ABC1',
			linkedMessageId: 'FAILED1',
			workflowId: 'WF',
			localId: 'L',
			code: '14',
			description: 'Message not collected',
		});
		const [item] = await world.output(download(messageId, {}, { acknowledge: true }));
		expect(item?.json).toMatchObject({
			messageId,
			isReport: true,
			linkedMessageId: 'FAILED1',
			statusCode: '14',
			statusDescription: 'Message not collected',
			localId: 'L',
			acknowledged: true,
		});
		expect(item?.binary).toBeUndefined();
		expect(status(messageId)).toBe('acknowledged');
	});

	test('a message that does not exist fails with its ID', async () => {
		const error = errorOf(await world.run(download('20200101000000000000_ABCDEF')));
		expect(error).toMatchObject({ name: 'NodeApiError', httpCode: '404', context: { data: { messageId: '20200101000000000000_ABCDEF' } } });
	});
});

describe('Message: Download, checksum', () => {
	test('a matching checksum is verified', async () => {
		const [item] = await world.output(download(await put({ checksum: `SHA-256:${sha256('hello')}` })));
		expect(item?.json.checksumStatus).toBe('verified');
	});

	test('a form that is not recognised is reported, not guessed', async () => {
		const [item] = await world.output(download(await put({ checksum: 'crc:12345678' })));
		expect(item?.json.checksumStatus).toBe('notRecognised');
	});

	test('a mismatch fails and acknowledges nothing', async () => {
		const messageId = await put({ checksum: sha256('other') });
		const error = errorOf(await world.run(download(messageId, {}, { acknowledge: true })));
		expect(error.message).toMatch(/checksum/);
		expect(error.context.data).toMatchObject({ errorCode: 'MESH_INTEGRITY', messageId });
		expect(status(messageId)).toBe('accepted');
	});

	test('a mismatch can be only reported', async () => {
		const [item] = await world.output(download(await put({ checksum: sha256('other') }), {}, { verifyChecksum: 'report' }));
		expect(item?.json.checksumStatus).toBe('mismatch');
		expect(
			(await world.output(download(await put({ checksum: sha256('other') }), { outputAs: 'text' }, { verifyChecksum: 'report' })))[0]?.json
				.checksumStatus,
		).toBe('mismatch');
		expect((await readBinary(item?.binary?.data)).toString()).toBe('hello');
	});

	test('switched off, nothing is said about it', async () => {
		const [item] = await world.output(download(await put({ checksum: sha256('other') }), {}, { verifyChecksum: 'off' }));
		expect(item?.json).not.toHaveProperty('checksumStatus');
	});
});

describe('Message: Download, limit and acknowledgement', () => {
	test.each([['binary'], ['text']])('content above the limit fails as %s and stays in the inbox', async (outputAs) => {
		const messageId = await put({ content: 'x'.repeat(5000), gzip: true });
		const error = errorOf(await world.run(download(messageId, { outputAs }, { maximumSize: 1000 / 1_048_576, acknowledge: true })));
		expect(error.context.data).toMatchObject({ errorCode: 'MESH_LIMIT' });
		expect(status(messageId)).toBe('accepted');
	});

	test('acknowledges after storing when asked to', async () => {
		const messageId = await put();
		const [item] = await world.output(download(messageId, {}, { acknowledge: true }));
		expect(item?.json.acknowledged).toBe(true);
		expect(status(messageId)).toBe('acknowledged');
		expect(world.sandbox.requests.at(-1)?.call).toBe('acknowledge');
	});

	test('one failing item keeps all others unacknowledged, because the node puts out none of them', async () => {
		const messageId = await put();
		const run = await world.run(download('={{ $json.id }}', {}, { acknowledge: true }), {
			items: [{ json: { id: messageId } }, { json: { id: 'GONE' } }],
		});
		expect(errorOf(run).context.itemIndex).toBe(1);
		expect(status(messageId)).toBe('accepted');
	});

	test('with Continue On Fail the good ones are acknowledged', async () => {
		const messageId = await put();
		const run = await world.run(download('={{ $json.id }}', {}, { acknowledge: true }), {
			items: [{ json: { id: 'GONE' } }, { json: { id: messageId } }],
			node: { onError: 'continueRegularOutput' },
		});
		expect(
			outputOf(run, 'MESH').map(({ json, pairedItem }) => [json.acknowledged ?? (json.error as IDataObject).errorCode, pairedItem]),
		).toEqual([
			['MESH_STATUS', { item: 0 }],
			[true, { item: 1 }],
		]);
		expect(status(messageId)).toBe('acknowledged');
	});

	test('a failed acknowledgement is told in the item and does not throw away what was stored', async () => {
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'status', status: 403 } });
		const messageId = await put();
		const [item] = await world.output(download(messageId, {}, { acknowledge: true }));
		expect(item?.json).toMatchObject({ acknowledged: false, acknowledgeError: { errorCode: 'MESH_STATUS', httpStatus: 403 } });
		expect((await readBinary(item?.binary?.data)).toString()).toBe('hello');
	});

	test('a later chunk that is missing fails the item and acknowledges nothing', async () => {
		world.sandbox.arm({ call: 'downloadChunk', chunk: 2, times: 99, fault: { kind: 'status', status: 404 } });
		const messageId = await put({ content: ['one', 'two', 'three'] });
		const run = await world.run(download(messageId, {}, { acknowledge: true }));
		expect(errorOf(run).message).toMatch(/\w/);
		expect(status(messageId)).toBe('accepted');
	});
});

/** As many nodes do, it puts out the fields without the files. */
const drop: INodeType = {
	description: { ...bareDescription, name: 'drop' },
	async execute(this: IExecuteFunctions) {
		return [this.getInputData().map(({ json }, item) => ({ json, pairedItem: { item } }))];
	},
};

/** Source, with two files -> a node that drops them -> Send. `combined` is the binary mode of n8n 2 that keeps files among the fields. */
async function send(binaryPropertyName: string, { combined = false } = {}) {
	const parameters: IDataObject = {
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'binary',
		binaryPropertyName,
		simplify: false,
		options: {},
	};
	const workflow = makeWorkflow({
		types: { [MESH]: new Mesh(), 'x.pass': passOn, 'x.drop': drop },
		nodes: [makeNode('Source', 'x.pass'), makeNode('Drop', 'x.drop'), makeNode('MESH', MESH, parameters)],
		connections: [
			['Source', 'Drop'],
			['Drop', 'MESH'],
		],
		credentials: world.credentials,
	});
	if (combined) workflow.workflow.settings.binaryMode = 'combined';
	const items = await Promise.all(
		['<a/>', '<b/>'].map(async (text) => {
			const data = await storeBinary(Buffer.from(text), { fileName: 'letter.xml', mimeType: 'application/xml' });
			return combined ? { json: { data: data as unknown as IDataObject } } : { json: {}, binary: { data } };
		}),
	);
	return await execute(workflow, { start: 'Source', items });
}

describe('Message: Send, when Input Binary Field is an expression that gives a file', () => {
	test.each(['filesystem', 'default'] as const)(
		'each item sends that of another node, with its media type (binary data mode %s)',
		async (mode) => {
			await useBinaryDataMode(mode);
			const run = await send("={{ $('Source').item.binary.data }}");
			const sent = outputOf(run, 'MESH').map(({ json }) => json);
			expect(sent).toEqual([
				expect.objectContaining({ contentType: 'application/xml' }),
				expect.objectContaining({ contentType: 'application/xml' }),
			]);
			expect(await Promise.all(sent.map(async ({ messageId }) => (await world.sandbox.content(String(messageId))).toString()))).toEqual([
				'<a/>',
				'<b/>',
			]);
		},
	);

	test.each(['={{ $json.data }}', 'data'])('in the combined binary mode too, where %j is the file', async (binaryPropertyName) => {
		const run = await send(binaryPropertyName, { combined: true });
		const [sent] = outputOf(run, 'MESH');
		expect((await world.sandbox.content(String(sent?.json.messageId))).toString()).toBe('<a/>');
	});

	test('an object that is no file is refused in the words of n8n', async () => {
		const error = errorOf(await send('={{ ({ some: "object" }) }}'));
		expect(error.message).toMatch(/binary data object/);
		expect(error.context.itemIndex).toBe(0);
		expect(world.sandbox.requests).toHaveLength(0);
	});

	test('an expression that gives nothing names the field', async () => {
		expect(errorOf(await send("={{ $('Source').item.binary.other }}")).message).toMatch(/Input Binary Field/);
	});
});
