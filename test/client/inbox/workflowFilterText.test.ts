import fc from 'fast-check';
import { workflowFilterText } from '../../../nodes/Mesh/client/inbox';
import type { WorkflowFilter } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { cases } from '../../support/cases';

test.each<[WorkflowFilter, string]>([
	[{ mode: 'equals', text: 'WF1' }, 'WF1'],
	[{ mode: 'equals', negate: true, text: 'WF1' }, '!WF1'],
	[{ mode: 'beginsWith', text: 'WF' }, 'WF*'],
	[{ mode: 'beginsWith', negate: true, text: 'WF' }, '!WF*'],
	[{ mode: 'contains', text: '_ACK' }, '*_ACK*'],
	[{ mode: 'contains', negate: true, text: '_ACK' }, '!*_ACK*'],
	[{ mode: 'beginsWith', text: 'W' }, 'W*'],
])('%j is %s in the grammar of MESH', (filter, value) => {
	expect(workflowFilterText(filter)).toBe(value);
});

test.each<[string, WorkflowFilter]>([
	['nothing', { mode: 'contains', text: ' ' }],
	['a star, which MESH gives another meaning by its place', { mode: 'equals', text: 'A*B' }],
	['an exclamation mark in front', { mode: 'equals', text: '!A' }],
	['one character', { mode: 'equals', text: 'A' }],
	['too much', { mode: 'equals', text: 'A'.repeat(256) }],
	['more than fits with its signs', { mode: 'contains', negate: true, text: 'A'.repeat(253) }],
	['a letter outside ASCII', { mode: 'equals', text: 'WÉ' }],
])('%s is refused', (_what, filter) => {
	expect(thrownBy(() => workflowFilterText(filter))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'workflowFilterText' });
});

/** What MESH makes of a filter (MESH API, workflow filter). */
function matches(filter: string, workflowId: string): boolean {
	if (filter.startsWith('!')) return !matches(filter.slice(1), workflowId);
	if (filter.startsWith('*') && filter.endsWith('*')) return workflowId.includes(filter.slice(1, -1));
	return filter.endsWith('*') ? workflowId.startsWith(filter.slice(0, -1)) : workflowId === filter;
}

test('MESH reads every filter that is built as it was meant', () => {
	const name = fc.string({ unit: fc.constantFrom('A', 'B', '_', '!', '-'), minLength: 1, maxLength: 5 });
	const filter = fc.record({
		mode: fc.constantFrom('equals', 'beginsWith', 'contains'),
		negate: fc.boolean(),
		text: name.filter((text) => !text.startsWith('!') && text.length > 1),
	});
	fc.assert(
		fc.property(filter, name, ({ mode, negate, text }, workflowId) => {
			const meant = { equals: workflowId === text, beginsWith: workflowId.startsWith(text), contains: workflowId.includes(text) }[mode];
			return matches(workflowFilterText({ mode, negate, text } as WorkflowFilter), workflowId) === (meant !== negate);
		}),
		{ numRuns: cases(5_000) },
	);
});
