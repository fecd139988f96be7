import { readWorkflowFilter, workflowFilterParameters } from '../../nodes/Mesh/transport/workflowFilter';
import { triggerProperties } from '../../nodes/Mesh/trigger/description';
import { readSettings } from '../../nodes/Mesh/trigger/settings';
import { startWorld } from '../actions/world';
import type { World } from '../actions/world';
import { errorOf } from '../engine';

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
