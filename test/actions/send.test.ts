import type { IDataObject } from 'n8n-workflow';
import { createHash, randomBytes } from 'node:crypto';
import type { MeshClient } from '../../nodes/Mesh/client';
import { errorOf, outputOf, storeBinary, useBinaryDataMode } from '../engine';
import { NO_RECORD } from '../client/world';
import { type World, impatientClient, impatientMesh, startWorld, useWorld } from './world';

let world: World;

describe('Send', () => {
	useWorld((started) => (world = started));
	afterEach(async () => await useBinaryDataMode('filesystem'));

	const send = (more: IDataObject = {}, options: IDataObject = {}): IDataObject => ({
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'TEST_WORKFLOW',
		contentFrom: 'text',
		text: 'hello',
		options,
		...more,
	});
	const received = async () => {
		const [view] = world.sandbox.messagesTo('X26ABC2');
		if (view === undefined) throw new Error('Nothing arrived');
		return { view, content: await world.sandbox.content(view.messageId) };
	};

	describe('Message: Send', () => {
		test('sends a text and tells what MESH made of it', async () => {
			const [item] = await world.output(send({ text: 'Grüße' }));
			const { view, content } = await received();
			expect(content.toString()).toBe('Grüße');
			expect(view).toMatchObject({
				from: 'X26ABC1',
				workflowId: 'TEST_WORKFLOW',
				contentType: expect.stringContaining('text/plain'),
				status: 'accepted',
			});
			expect(item?.json).toEqual({
				messageId: view.messageId,
				localId: view.localId,
				to: 'X26ABC2',
				workflowId: 'TEST_WORKFLOW',
				bytes: 7,
				chunkCount: 1,
				settledByTracking: false,
			});
			expect(item?.json.localId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
			expect(item?.pairedItem).toEqual({ item: 0 });
		});

		test('tells all about the message when Simplify is off', async () => {
			const [item] = await world.output(send({ text: 'Grüße', simplify: false }));
			const { view } = await received();
			expect(item?.json).toEqual({
				messageId: view.messageId,
				localId: view.localId,
				to: 'X26ABC2',
				workflowId: 'TEST_WORKFLOW',
				contentType: 'text/plain; charset=utf-8',
				bytes: 7,
				transmittedBytes: expect.any(Number),
				compressed: expect.any(Boolean),
				chunkCount: 1,
				chunkSize: 20 * 1024 * 1024,
				settledByTracking: false,
			});
		});

		test('sends a stored file of several chunks byte for byte, with its media type but without its name, which may tell who the patient is', async () => {
			const file = randomBytes(100_000);
			const data = await storeBinary(file, { fileName: 'Jane Doe 9434765919.pdf', mimeType: 'application/pdf' });
			const [item] = await world.output(
				send(
					{ contentFrom: 'binary', binaryPropertyName: 'data', simplify: false },
					{ chunkSize: 30_000 / 1_048_576, compression: 'never' },
				),
				{ items: [{ json: {}, binary: { data } }] },
			);
			const { view, content } = await received();
			expect(content.equals(file)).toBe(true);
			expect(view).toMatchObject({ chunkCount: 4, contentType: 'application/pdf' });
			expect(view.fileName).not.toContain('Jane');
			expect(item?.json).toMatchObject({ bytes: 100_000, transmittedBytes: 100_000, chunkCount: 4, chunkSize: 30_000, compressed: false });
		});

		test.each<[string, IDataObject, IDataObject, string | RegExp]>([
			['as the message ID unless the user chooses', {}, {}, /^\d{20}_[0-9A-F]{6}\.dat$/],
			['as the message ID', { fileNameFrom: 'messageId' }, {}, /^\d{20}_[0-9A-F]{6}\.dat$/],
			['as the file', { fileNameFrom: 'file' }, {}, 'discharge letter.pdf'],
			['as the user says', { fileNameFrom: 'custom', customFileName: 'letter.pdf' }, {}, 'letter.pdf'],
			['by the option of older workflows, whatever the field says', { fileNameFrom: 'file' }, { fileName: 'option.pdf' }, 'option.pdf'],
		])('names a file %s', async (_how, parameters, options, name) => {
			const data = await storeBinary(Buffer.from('x'), { fileName: 'discharge letter.pdf', mimeType: 'application/pdf' });
			await world.output(send({ contentFrom: 'binary', binaryPropertyName: 'data', ...parameters }, options), {
				items: [{ json: {}, binary: { data } }],
			});
			expect((await received()).view.fileName).toEqual(typeof name === 'string' ? name : expect.stringMatching(name));
		});

		test.each<[string, IDataObject, RegExp]>([
			['that has no name, as the file', { fileNameFrom: 'file' }, /no name in n8n/],
			['with an empty name of the user', { fileNameFrom: 'custom', customFileName: '={{ "" }}' }, /Custom File Name/],
			['by a choice that is none', { fileNameFrom: 'other' }, /File Name/],
		])('does not send a file %s', async (_what, parameters, message) => {
			const data = { ...(await storeBinary(Buffer.from('x'))), fileName: undefined };
			expect(
				errorOf(
					await world.run(send({ contentFrom: 'binary', binaryPropertyName: 'data', ...parameters }), {
						items: [{ json: {}, binary: { data } }],
					}),
				).message,
			).toMatch(message);
			expect(world.sandbox.requests).toHaveLength(0);
		});

		test('sends a file that n8n keeps in memory', async () => {
			await useBinaryDataMode('default');
			const data = await storeBinary(Buffer.from('in memory'));
			expect(data.id).toBeUndefined();
			await world.output(send({ contentFrom: 'binary', binaryPropertyName: 'data' }), { items: [{ json: {}, binary: { data } }] });
			expect((await received()).content.toString()).toBe('in memory');
		});

		test('sends the JSON of the item by expression, and typed JSON exactly as typed, because parsing would round long numbers', async () => {
			await world.output(send({ contentFrom: 'json', jsonContent: '={{ $json }}' }), { items: [{ json: { nhsNumber: '9434765919' } }] });
			expect((await received()).content.toString()).toBe('{"nhsNumber":"9434765919"}');
			expect((await received()).view.contentType).toContain('application/json');
			await world.sandbox.reset();
			await world.output(send({ contentFrom: 'json', jsonContent: '{"id": 12345678901234567890}' }));
			expect((await received()).content.toString()).toBe('{"id": 12345678901234567890}');
		});

		test.each([['md5'], ['sha256'], ['sha384']])('gives the %s checksum in hex, because MESH refuses base64', async (checksum) => {
			const [item] = await world.output(send({}, { checksum }));
			const expected = createHash(checksum).update('hello').digest('hex');
			expect(item?.json.checksum).toBe(expected);
			expect((await received()).view.checksum).toBe(expected);
		});

		test('a SHA-384 checksum, the longest that fits, is verified by the recipient', async () => {
			const [sent] = await world.output(send({}, { checksum: 'sha384' }));
			const [got] = await world.output(
				{ resource: 'message', operation: 'download', messageId: sent?.json.messageId, options: {} },
				{ node: { credential: 'X26ABC2' } },
			);
			expect(got?.json.checksumStatus).toBe('verified');
		});

		test('passes on a checksum that the user has already, as it is', async () => {
			const checksumValue = `sha256:${createHash('sha256').update('hello').digest('hex')}`;
			const [item] = await world.output(send({}, { checksumValue }));
			expect([item?.json.checksum, (await received()).view.checksum]).toEqual([checksumValue, checksumValue]);
		});

		test('passes on every option that the recipient sees', async () => {
			await world.output(
				send(
					{},
					{
						subject: 'A subject',
						localId: 'my-id',
						fileName: 'list.csv',
						contentType: 'text/csv',
						partnerId: 'P1',
						contentEncrypted: true,
						contentCompressed: true,
						compression: 'always',
					},
				),
			);
			expect((await received()).view).toMatchObject({
				subject: 'A subject',
				localId: 'my-id',
				fileName: 'list.csv',
				contentType: 'text/csv',
				partnerId: 'P1',
				encrypted: true,
				compressed: true,
				contentEncoding: 'gzip',
			});
			expect((await received()).content.toString()).toBe('hello');
		});

		test('resolves expressions for each item and keeps order and pairing, also with several items at once', async () => {
			const items = Array.from({ length: 9 }, (_, i) => ({ json: { text: `message ${i}` } }));
			const output = await world.output(send({ text: '={{ $json.text }}' }, { localId: '={{ "local-" + $itemIndex }}', itemsAtOnce: 4 }), {
				items,
			});
			expect(output.map(({ json, pairedItem }) => [json.localId, pairedItem])).toEqual(items.map((_, i) => [`local-${i}`, { item: i }]));
			for (const { json } of output) {
				expect((await world.sandbox.content(String(json.messageId))).toString()).toBe(
					`message ${String(json.localId).replace('local-', '')}`,
				);
			}
		});

		test.each<[string, IDataObject, IDataObject, RegExp]>([
			['an empty recipient', { to: '={{ " " }}' }, {}, /Recipient/],
			['an empty workflow ID', { workflowId: '={{ "" }}' }, {}, /Workflow ID/],
			['an empty text', { text: '={{ "" }}' }, {}, /empty/],
			['JSON that is none', { contentFrom: 'json', jsonContent: '{"patient": "Jane Doe"' }, {}, /JSON/],
			['a chunk size below 0', {}, { chunkSize: -1 }, /Chunk Size/],
			['an upload state that is none', {}, { continueUpload: '{"messageId":1}' }, /Continue Upload/],
			['a line break in the subject', {}, { subject: 'one\r\nx-two: 2' }, /subject/i],
			['a subject beyond Latin-1', {}, { subject: 'Грипп' }, /subject/i],
			['a checksum that is too long for MESH', {}, { checksum: 'sha512' }, /Checksum/],
			['a checksum both given and to be made', {}, { checksum: 'md5', checksumValue: 'ab' }, /Checksum Value/],
			['a checksum in base64, which MESH refuses', {}, { checksumValue: 'q1e4UQDPZ2Kzs7R1m0X9LA==' }, /checksum/i],
			['a compression that does not exist', {}, { compression: 'zip' }, /Compression/],
			['content from nowhere', { contentFrom: 'url' }, {}, /Content/],
		])('refuses %s before anything is sent', async (_what, parameters, options, message) => {
			const run = await world.run(send(parameters, options));
			const error = errorOf(run);
			expect(error.message).toMatch(message);
			expect(error.description).toMatch(/\w/);
			expect(error.message + String(error.description)).not.toMatch(/Jane|Грипп/);
			expect(error.context.itemIndex).toBe(0);
			expect(world.sandbox.requests).toHaveLength(0);
		});

		test('names the binary field that the item does not have', async () => {
			const error = errorOf(
				await world.run(send({ contentFrom: 'binary', binaryPropertyName: 'file' }), {
					items: [{ json: {}, binary: { data: await storeBinary(Buffer.from('x')) } }],
				}),
			);
			expect(error.message).toContain("'file'");
			expect(error.description).toContain("The item has: 'data'");
			expect(error.context.itemIndex).toBe(0);
		});

		test('an unknown recipient fails with what MESH said and what to do', async () => {
			const error = errorOf(await world.run(send({ to: 'NOWHERE' })));
			expect(error).toMatchObject({
				name: 'NodeApiError',
				httpCode: '417',
				context: { itemIndex: 0, data: { errorCode: 'MESH_STATUS', meshCode: '12' } },
			});
			expect(error.description).toMatch(/recipient/i);
		});
	});

	describe('Message: Send, when an upload breaks off', () => {
		const chunked = { chunkSize: 10 / 1_048_576, compression: 'never' };
		const text = '0123456789abcdefghijklmnopqrstuvwxyz';

		test('the error holds the upload state, and Continue Upload goes on from there instead of sending a second message', async () => {
			world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: { kind: 'status', status: 400 } });
			const failed = await world.run(send({ text }, chunked), { node: { onError: 'continueRegularOutput' } });
			const [item] = outputOf(failed, 'MESH');
			expect(item).toMatchObject({
				json: {
					error: {
						message: expect.any(String),
						errorCode: 'MESH_UPLOAD_INTERRUPTED',
						upload: { nextChunk: 3, chunkCount: 4, chunkSize: 10, size: 36, compressed: false },
					},
				},
				pairedItem: { item: 0 },
			});
			const upload = (item?.json.error as IDataObject).upload as IDataObject;
			const [sent] = await world.output(send({ text }, { continueUpload: '={{ $json.error.upload }}' }), {
				items: [{ json: { error: { upload } } }],
			});
			expect(sent?.json.messageId).toBe(upload.messageId);
			expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
			expect((await received()).content.toString()).toBe(text);
		});

		test('the description of the error holds the state too, for somebody who only sees the error', async () => {
			world.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400 } });
			const { description } = errorOf(await world.run(send({ text }, chunked)));
			const state = /\{.*\}/.exec(String(description))?.[0] ?? '';
			await world.output(send({ text }, { continueUpload: state }));
			expect((await received()).content.toString()).toBe(text);
		});

		test('other content is refused, because the message would be a mixture', async () => {
			const state = { messageId: 'M1', nextChunk: 2, chunkCount: 4, chunkSize: 10, compressed: false, size: 36 };
			const error = errorOf(await world.run(send({ text: 'other' }, { continueUpload: JSON.stringify(state) })));
			expect(error.message).toMatch(/36/);
			expect(world.sandbox.requests).toHaveLength(0);
		});
	});

	describe('Message: Send, when n8n runs the node again', () => {
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const items = [{ json: { to: 'X26ABC2' } }, { json: { to: 'X26ABC3' } }];

		test('Retry On Fail sends nothing twice: the items that were sent are remembered', async () => {
			world.sandbox.arm({ call: 'send', skip: 1, fault: { kind: 'status', status: 417, body: '{}' } });
			const output = await world.output(send({ to: '={{ $json.to }}' }), { items, node: retry });
			expect(output.map(({ json }) => json.to)).toEqual(['X26ABC2', 'X26ABC3']);
			expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
			expect(world.sandbox.messagesTo('X26ABC3')).toHaveLength(1);
			expect(output[0]?.json.messageId).toBe(world.sandbox.inbox('X26ABC2')[0]);
		});

		test('with Continue On Fail as well, where n8n retries because the first item is an error', async () => {
			world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 417, body: '{}' } });
			const output = await world.output(send({ to: '={{ $json.to }}' }), { items, node: { ...retry, onError: 'continueRegularOutput' } });
			expect(output.map(({ json }) => json.to)).toEqual(['X26ABC2', 'X26ABC3']);
			expect(world.sandbox.messagesTo('X26ABC3')).toHaveLength(1);
		});

		test('an interrupted upload goes on where it stopped', async () => {
			world.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400 } });
			await world.output(send({ text: '0123456789abcdef' }, { chunkSize: 10 / 1_048_576, compression: 'never' }), { node: retry });
			expect(world.sandbox.requests.filter(({ call }) => call === 'send')).toHaveLength(1);
			expect((await received()).content.toString()).toBe('0123456789abcdef');
		});

		test('nothing of it is left in the execution when all went well', async () => {
			const run = await world.run(send({ to: '={{ $json.to }}' }), { items });
			expect(run.status).toBe('success');
			expect(JSON.stringify(run.data.executionData?.contextData ?? {})).not.toContain('X26ABC');
		});
	});
});

describe('Send without an answer', () => {
	let client: MeshClient;
	beforeAll(async () => {
		world = await startWorld(
			{},
			impatientMesh(() => client),
		);
		client = impatientClient(world.sandbox);
	});
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => {
		await client.close();
		await world.close();
	});

	const send = (options: IDataObject = {}): IDataObject => ({
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'text',
		text: 'hello',
		options,
	});
	const retry = { node: { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 } };
	const calls = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;

	describe('Message: Send, when the connection breaks before MESH answers', () => {
		test('a message of which MESH has no record is not sent again, not even by Retry On Fail; the error names the local ID to track', async () => {
			world.sandbox.arm({ call: 'send', times: 99, fault: { kind: 'resetBeforeProcessing' } });
			const error = errorOf(await world.run(send({ localId: 'L1' }), retry));
			expect(calls('send')).toBe(1);
			expect(error.context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'L1' });
			expect(error.description).toContain('L1');
		});

		test('a message that MESH has after all is found by tracking when n8n runs the node again, and exists once', async () => {
			world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
			world.sandbox.arm({
				call: 'trackLocal',
				times: 4,
				fault: NO_RECORD,
			});
			const [item] = await world.output(send(), retry);
			expect(calls('send')).toBe(1);
			expect(world.sandbox.inbox('X26ABC2')).toEqual([item?.json.messageId]);
			expect(item?.json).toMatchObject({ settledByTracking: true, bytes: 5, localId: world.sandbox.messagesTo('X26ABC2')[0]?.localId });
		});

		test('tracking at once settles it without a second run', async () => {
			world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
			const [item] = await world.output(send());
			expect(item?.json.settledByTracking).toBe(true);
			expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
		});

		test('with Send Again When MESH Has No Record it is sent again under the same local ID', async () => {
			world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
			const [item] = await world.output(send({ sendAgainWhenNoRecord: true, localId: 'L2' }));
			expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['L2']);
			expect(item?.json.localId).toBe('L2');
		});

		test('the same holds when the first run gave up and n8n runs the node again', async () => {
			world.sandbox.arm({ call: 'send', times: 2, fault: { kind: 'resetBeforeProcessing' } });
			await world.output(send({ sendAgainWhenNoRecord: true, localId: 'L3' }), retry);
			expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['L3']);
		});
	});
});
