import { readUploadState } from '../../nodes/Mesh/actions/message/sendMessage';
import { findOperation, operations } from '../../nodes/Mesh/actions/router';
import { bytesOfMebibytes, readWorkflowFilter, workflowFilterParameters } from '../../nodes/Mesh/transport/receivingFields';
import { triggerProperties } from '../../nodes/Mesh/trigger/description';
import { readSettings } from '../../nodes/Mesh/trigger/settings';
import { errorOf } from '../engine';
import { type World, startWorld } from './world';

const upload = { messageId: 'M1', localId: 'L1', nextChunk: 2, chunkCount: 3, chunkSize: 10, compressed: false, size: 25 };
const invalid = (parameter: string) => expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter, hint: expect.any(String) });

describe('Continue Upload', () => {
	test.each([
		['an object, from an expression', upload],
		['its JSON, typed in', JSON.stringify(upload)],
		['with fields that it does not know', { ...upload, more: 1 }],
	])('takes %s', (_form, value) => {
		expect(readUploadState(value)).toEqual(upload);
	});

	test.each([[undefined], [null], [''], ['  '], [{}], ['{}']])('%j means a new message', (value) => {
		expect(readUploadState(value)).toBeUndefined();
	});

	test.each([
		['not json'],
		['[]'],
		[7],
		[true],
		[{ ...upload, messageId: 5 }],
		[{ ...upload, nextChunk: '2' }],
		[{ ...upload, compressed: undefined }],
		[{ messageId: 'M1' }],
	])('%j is refused, because continuing something else would damage a message', (value) => {
		expect(() => readUploadState(value)).toThrow(invalid('continueUpload'));
	});
});

describe('sizes in MiB', () => {
	test.each([
		[20, 20 * 1024 * 1024],
		[0.5, 524_288],
		[16 / 1_048_576, 16],
		['1', 1_048_576],
		[0, undefined],
		['', undefined],
		[undefined, undefined],
	])('%j is %j bytes', (value, bytes) => {
		expect(bytesOfMebibytes(value, 'chunkSize', 'Chunk Size')).toBe(bytes);
	});

	test.each([[-1], [Number.NaN], ['many'], [{}], [1e-9], [Infinity]])('%j is refused', (value) => {
		expect(() => bytesOfMebibytes(value, 'chunkSize', 'Chunk Size')).toThrow(invalid('chunkSize'));
	});
});

describe('the table of operations', () => {
	test('holds an operation for each resource and name', () => {
		expect(
			Object.entries(operations)
				.flatMap(([resource, group]) => Object.keys(group).map((name) => `${resource}.${name}`))
				.sort(),
		).toEqual([
			'directory.lookUp',
			'directory.search',
			'mailbox.checkConnection',
			'mailbox.count',
			'mailbox.validate',
			'message.acknowledge',
			'message.download',
			'message.getHeaders',
			'message.getMany',
			'message.reply',
			'message.send',
			'message.track',
		]);
	});

	test.each([
		['message', 'fly'],
		['mailbox', 'send'],
		['constructor', 'name'],
		[undefined, undefined],
	])('refuses %j and %j', (resource, operation) => {
		expect(() => findOperation(resource, operation)).toThrow(invalid('operation'));
	});
});

describe('where content goes', () => {
	let world: World;
	beforeAll(async () => (world = await startWorld()));
	afterAll(async () => await world.close());

	const MIB = 1024 * 1024;

	type Fields = { outputAs?: unknown; binaryPropertyName?: unknown; options?: Record<string, unknown> };

	/** What is taken, with the limit that it comes to; or which parameter is refused. */
	const CASES: Array<[string, Fields, { maximumBytes?: number } | string]> = [
		['a size', { options: { maximumSize: 2 } }, { maximumBytes: 2 * MIB }],
		['a fraction of a byte is rounded', { options: { maximumSize: 1.0000009 } }, { maximumBytes: MIB + 1 }],
		['a size as text', { options: { maximumSize: '0.5' } }, { maximumBytes: MIB / 2 }],
		['more than MESH carries', { options: { maximumSize: 200_000 } }, { maximumBytes: 200_000 * MIB }],
		['no size', { options: {} }, {}],
		['a size of 0', { options: { maximumSize: 0 } }, {}],
		['an empty expression', { options: { maximumSize: '' } }, {}],
		['less than a byte', { options: { maximumSize: 1e-7 } }, 'maximumSize'],
		['a negative size', { options: { maximumSize: -1 } }, 'maximumSize'],
		['a word for a size', { options: { maximumSize: 'big' } }, 'maximumSize'],
		['an unknown way to check', { options: { verifyChecksum: 'perhaps' } }, 'verifyChecksum'],
		['an unknown place', { outputAs: 'pigeon' }, 'outputAs'],
		['no field for the file', { outputAs: 'binary', binaryPropertyName: ' ' }, 'binaryPropertyName'],
		['options of earlier versions, which no longer count', { options: { maximumChunks: 0.5, maximumCompressionRatio: -1 } }, {}],
	];

	/** As the trigger reads its parameters at each poll and in each execution. */
	function inTrigger({ options = {}, ...fields }: Fields): { maximumBytes?: number } | string {
		const values = new Map<string, unknown>([
			...triggerProperties.map(({ name, default: value }) => [name, value] as const),
			...Object.entries(fields),
			['options', options],
		]);
		try {
			const { maximumBytes } = readSettings((name) => values.get(name) ?? null).content;
			return maximumBytes === undefined ? {} : { maximumBytes };
		} catch (error) {
			return (error as { parameter: string }).parameter;
		}
	}

	test.each(CASES)('the trigger and Download take and refuse the same: %s', async (_what, fields, expected) => {
		expect(inTrigger(fields)).toEqual(expected);
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const { options = {}, outputAs = 'binary', binaryPropertyName = 'data' } = fields;
		const run = await world.run({ resource: 'message', operation: 'download', messageId, outputAs, binaryPropertyName, options } as never);
		const refused = run.status === 'success' ? undefined : errorOf(run);
		if (typeof expected === 'string')
			expect(refused).toMatchObject({ context: { data: { errorCode: 'MESH_INVALID_INPUT', parameter: expected } } });
		else expect(refused).toBeUndefined();
	});
});

describe('the workflow filter', () => {
	const reader = (values: Record<string, unknown>) => (name: string) => values[name];

	describe('the workflow filter', () => {
		test.each([
			['none', undefined],
			['equals', { mode: 'equals', text: 'WF' }],
			['beginsWith', { mode: 'beginsWith', text: 'WF' }],
			['contains', { mode: 'contains', text: 'WF' }],
			['doesNotEqual', { mode: 'equals', negate: true, text: 'WF' }],
			['doesNotBeginWith', { mode: 'beginsWith', negate: true, text: 'WF' }],
			['doesNotContain', { mode: 'contains', negate: true, text: 'WF' }],
		])('%s reads as %j', (workflowFilterMode, expected) => {
			expect(readWorkflowFilter(reader({ workflowFilterMode, workflowFilterText: ' WF ' }))).toEqual(expected);
		});

		test('every choice of the editor is one that can be read, so that none fails at run time', () => {
			const [mode] = workflowFilterParameters();
			const values = (mode?.options ?? []).map((option) => ('value' in option ? option.value : ''));
			expect(values).toHaveLength(7);
			for (const value of values) readWorkflowFilter(reader({ workflowFilterMode: value, workflowFilterText: 'WF' }));
		});

		test('a filter without text is refused, because it would match everything or nothing', () => {
			expect(() => readWorkflowFilter(reader({ workflowFilterMode: 'equals', workflowFilterText: ' ' }))).toThrow(
				expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter: 'workflowFilterText' }),
			);
		});

		test('an expression that gives an unknown mode is refused, because ignoring it would fetch messages of other workflows', () => {
			expect(() => readWorkflowFilter(reader({ workflowFilterMode: 'endsWith', workflowFilterText: 'WF' }))).toThrow(
				expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter: 'workflowFilterMode' }),
			);
		});

		test('the text field shows only with a mode that needs it', () => {
			const [, text] = workflowFilterParameters({ show: { operation: ['getAll'] } });
			expect(text?.displayOptions?.show).toEqual({ operation: ['getAll'], workflowFilterMode: expect.not.arrayContaining(['none']) });
		});
	});
});
