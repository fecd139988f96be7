import { checkNodeSettings } from '../../nodes/Mesh/trigger/checkNodeSettings';

describe('settings of the node under which n8n would report success for a message that it never had', () => {
	test.each([{ onError: 'continueRegularOutput' as const }, { onError: 'continueErrorOutput' as const }, { continueOnFail: true }])('%j is refused: a failed download would be acknowledged', (node) => {
		expect(() => checkNodeSettings(node)).toThrow(expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter: 'onError' }));
	});

	test('Execute Once is refused: of several messages all but the first would be acknowledged unseen', () => {
		expect(() => checkNodeSettings({ executeOnce: true })).toThrow(expect.objectContaining({ parameter: 'executeOnce' }));
	});

	test.each([{}, { onError: 'stopWorkflow' as const, continueOnFail: false, executeOnce: false }])('%j is fine', (node) => {
		expect(() => checkNodeSettings(node)).not.toThrow();
	});
});
