import { ExecuteContext } from 'n8n-core';
import type { IDataObject, IExecuteFunctions, IRun, Logger, NodeExecutionHint } from 'n8n-workflow';
import { closeSharedClients } from '../../nodes/Mesh/client';
import { RunHints, transferText } from '../../nodes/Mesh/transport/hints';
import { type World, startWorld, useWorld } from './world';

describe('hints of operations', () => {
	let world: World;
	useWorld((started) => (world = started));

	/** What the output pane tells beside the output of a run that succeeds, with as many input items. */
	async function hints(parameters: IDataObject, items = 1): Promise<string[]> {
		const run = await world.run(parameters, { items: Array.from({ length: items }, () => ({ json: {} })) });
		expect(run.status).toBe('success');
		return (run.data.resultData.runData.MESH?.at(-1)?.hints ?? []).map(({ message }) => message);
	}

	const put = async (more: object = {}) =>
		await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content: 'x', workflowId: 'RED', ...more });
	const message = (operation: string, more: IDataObject = {}): IDataObject => ({ resource: 'message', operation, options: {}, ...more });

	describe('hints in the output pane', () => {
		test('Get Many: an empty inbox, or a filter that nothing passes; none where there are messages', async () => {
			expect(await hints(message('getMany'))).toEqual([expect.stringMatching(/inbox is empty/)]);
			await put();
			expect(await hints(message('getMany', { workflowFilterMode: 'equals', workflowFilterText: 'red' }))).toEqual([
				expect.stringMatching(/workflow filter.*case/),
			]);
			expect(await hints(message('getMany'))).toEqual([]);
		});

		test('Download: a report has no content, once for all items; none for a message', async () => {
			const messageId = await world.sandbox.putReport({ to: 'X26ABC1' });
			expect(await hints(message('download', { messageId }), 3)).toEqual([expect.stringMatching(/report has no content.*linkedMessageId/)]);
			expect(await hints(message('download', { messageId: await put() }))).toEqual([]);
		});

		test('Track: several messages with the local ID', async () => {
			for (let i = 0; i < 2; i++)
				await world.output(
					message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x', options: { localId: 'same' } }),
				);
			expect(await hints(message('track', { trackBy: 'localId', localId: 'same' }))).toEqual([expect.stringMatching(/several messages/)]);
		});

		test.each([
			[{ operation: 'lookUp', odsCode: 'x26', workflowId: 'TEST_WORKFLOW' }, /ODS code and workflow ID.*case/],
			[{ operation: 'search', workflowId: 'test_workflow' }, /this workflow ID.*case/],
		])('Directory: nobody is registered (%j)', async (parameters, text) => {
			expect(await hints({ resource: 'directory', ...parameters })).toEqual([expect.stringMatching(text)]);
			expect(await hints({ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW' })).toEqual([]);
		});
	});

	describe('the usual chain', () => {
		test("Get Many, Download, Get Headers and Acknowledge work on each other's output without a word typed", async () => {
			const messageId = await put();
			let items = await world.output(message('getMany'));
			for (const operation of ['download', 'getHeaders', 'acknowledge']) items = await world.output(message(operation), { items });
			expect(items.map(({ json }) => json)).toEqual([{ messageId, acknowledged: true }]);
			expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
		});

		test('Send and Track do, too', async () => {
			const items = await world.output(message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x' }));
			expect((await world.output(message('track'), { items }))[0]?.json).toMatchObject({
				messageId: items[0]?.json.messageId,
				status: 'accepted',
			});
		});
	});
});

describe('hints and log of transfers', () => {
	let world: World;
	beforeAll(async () => {
		world = await startWorld();
	});
	afterEach(async () => {
		jest.restoreAllMocks();
		await world.sandbox.reset();
	});
	afterAll(async () => await world.close());

	const hintsOf = (run: IRun) => run.data.resultData.runData.MESH?.at(-1)?.hints ?? [];
	const send = (options: IDataObject = {}): IDataObject => ({
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'TEST_WORKFLOW',
		contentFrom: 'text',
		text: '={{ $json.text }}',
		options,
	});

	describe('hints on transfers', () => {
		test('a send of several chunks says how much went out, once for all items', async () => {
			const items = [{ json: { text: 'a'.repeat(50_000) } }, { json: { text: 'b'.repeat(50_000) } }];
			const run = await world.run(send({ chunkSize: 10_000 / 1_048_576, compression: 'always' }), { items });
			expect(hintsOf(run)).toEqual([
				{
					message: expect.stringMatching(/^Sent 2 messages in 10 chunks: 100 kB, compressed to \d+ bytes$/),
					location: 'outputPane',
					type: 'info',
				},
			]);
		});

		test('a download of several chunks does the same', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two', 'three'] });
			const run = await world.run({ resource: 'message', operation: 'download', messageId, options: {} });
			expect(hintsOf(run)).toEqual([
				expect.objectContaining({ message: expect.stringMatching(/^Received 1 message in 3 chunks: 11 bytes/) }),
			]);
		});

		test('a small message in one chunk is nothing to tell about', async () => {
			expect(hintsOf(await world.run(send(), { items: [{ json: { text: 'x' } }] }))).toEqual([]);
		});

		test.each([
			[
				{ messages: 1, bytes: 231_000_000, transmittedBytes: 60_400_000, chunkCount: 12 },
				'Sent 1 message in 12 chunks: 231 MB, compressed to 60 MB',
			],
			[
				{ messages: 3, bytes: 12_345_678_901, transmittedBytes: 12_345_678_901, chunkCount: 1_180 },
				'Sent 3 messages in 1,180 chunks: 12 GB',
			],
			[{ messages: 1, bytes: 1_234, transmittedBytes: 999, chunkCount: 2 }, 'Sent 1 message in 2 chunks: 1.2 kB, compressed to 999 bytes'],
		])('%j reads well', (totals, text) => expect(transferText('Sent', totals)).toBe(text));
	});

	describe('log lines', () => {
		/** Every line that nodes write into n8n's log, with its details. */
		function listen(): string[] {
			const lines: string[] = [];
			const record = (level: string) => (message: string, details?: unknown) =>
				void lines.push(`${level} ${message} ${JSON.stringify(details ?? {})}`);
			const logger = { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') } as unknown as Logger;
			// All contexts of the engine share this getter.
			const base = Object.getPrototypeOf(Object.getPrototypeOf(ExecuteContext.prototype)) as ExecuteContext;
			jest.spyOn(base, 'logger', 'get').mockReturnValue(logger as ExecuteContext['logger']);
			return lines;
		}

		test('there is one for each chunk at debug level and one for each message at info level, with its ID and nothing of its content', async () => {
			await closeSharedClients(); // a client keeps the log that it was made with
			const lines = listen();
			const [sent] = await world.output(send({ chunkSize: 10 / 1_048_576, compression: 'never' }), {
				items: [{ json: { text: 'Jane Doe, 9434765919' } }],
			});
			const id = String(sent?.json.messageId);
			await world.output(
				{ resource: 'message', operation: 'download', messageId: id, options: { acknowledge: true } },
				{ node: { credential: 'X26ABC2' } },
			);
			const told = (start: string) => lines.filter((line) => line.startsWith(start) && line.includes(id)).length;
			expect([told('debug [NHS MESH: mailbox X26ABC1] Message '), told('info [NHS MESH: mailbox X26ABC1] Message ')]).toEqual([2, 1]);
			expect([told('debug [NHS MESH: mailbox X26ABC2] Message '), told('info [NHS MESH: mailbox X26ABC2] Message ')]).toEqual([2, 2]);
			expect(
				lines
					.filter((line) => line.startsWith('info'))
					.map((line) =>
						line
							.replace(id, 'M')
							.replace(/[{].*|\d[\d.]* (s|ms|bytes\/s|kB\/s|MB\/s)/g, '')
							.trim(),
					),
			).toEqual([
				'info [NHS MESH: mailbox X26ABC1] Message M sent: 2 chunks, 20 bytes, ,',
				'info [NHS MESH: mailbox X26ABC2] Message M received: 2 chunks, 20 bytes, ,',
				'info [NHS MESH: mailbox X26ABC2] Message M acknowledged',
			]);
			expect(lines.join('\n')).not.toMatch(/Jane|9434765919/);
		});
	});
});

const MIB = 1024 * 1024;
const inMemory = { data: 'base64', mimeType: 'a/b' };

/** What a node sees of its host, as far as warnings go. */
function host(withHints = true) {
	const hints: NodeExecutionHint[] = [];
	const log: string[] = [];
	const context = {
		getNode: () => ({ name: 'MESH' }),
		logger: { warn: (message: string) => log.push(message) },
		...(withHints ? { addExecutionHints: (...added: NodeExecutionHint[]) => hints.push(...added) } : {}),
	} as unknown as IExecuteFunctions;
	return { context, hints, log };
}

describe('a warning about the store of a large file', () => {
	test.each([
		['memory', inMemory],
		['its database', { ...inMemory, id: 'database:1' }],
	])('warns once in a run when a large file lies in %s', (place, stored) => {
		const { context, hints, log } = host();
		const run = new RunHints(context);
		for (let i = 0; i < 3; i++) run.warnAboutStore(stored, (100 + i / 10) * MIB, 'received');
		expect(hints).toEqual([expect.objectContaining({ message: expect.stringContaining(`100 MiB in ${place}`) })]);
		expect(log).toHaveLength(1);
	});

	test.each([
		['a small file', inMemory, 10 * MIB],
		['a file on disk', { ...inMemory, id: 'filesystem-v2:x' }, 500 * MIB],
		['a file in S3', { ...inMemory, id: 's3:x' }, 500 * MIB],
	])('says nothing about %s', (_what, stored, bytes) => {
		const { context, hints, log } = host();
		new RunHints(context).warnAboutStore(stored, bytes, 'received');
		expect([...hints, ...log]).toEqual([]);
	});

	test('says how to keep received messages small, which does not help where one is sent', () => {
		const [received, sent] = (['received', 'sent'] as const).map((direction) => {
			const { context, log } = host();
			new RunHints(context).warnAboutStore(inMemory, 100 * MIB, direction);
			return log.join();
		});
		expect([received, sent].map((text) => text.includes('Maximum Size'))).toEqual([true, false]);
	});

	test('older n8n without hints still gets the line in the log', () => {
		const { context, log } = host(false);
		new RunHints(context).warnAboutStore(inMemory, 100 * MIB, 'received');
		expect(log).toHaveLength(1);
	});
});
