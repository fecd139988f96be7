import { readWorkflowFilter, workflowFilterParameters } from '../../nodes/Mesh/transport/workflowFilter';

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
