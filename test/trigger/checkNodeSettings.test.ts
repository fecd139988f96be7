import { checkNodeSettings } from '../../nodes/Mesh/trigger/settings';

describe('settings of the node under which the workflow would run without a message, or be told as its success', () => {
	test.each([{ onError: 'continueRegularOutput' as const }, { onError: 'continueErrorOutput' as const }, { continueOnFail: true }])(
		'%j is refused: a failed download would be acknowledged',
		(node) => {
			expect(() => checkNodeSettings(node)).toThrow(expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter: 'onError' }));
		},
	);

	test('Execute Once is refused: of several messages all but the first would be acknowledged unseen', () => {
		expect(() => checkNodeSettings({ executeOnce: true })).toThrow(expect.objectContaining({ parameter: 'executeOnce' }));
	});

	test('Always Output Data is refused: each report would run the branch of messages with an empty item', () => {
		expect(() => checkNodeSettings({ alwaysOutputData: true })).toThrow(expect.objectContaining({ parameter: 'alwaysOutputData' }));
	});

	test.each([{}, { onError: 'stopWorkflow' as const, continueOnFail: false, executeOnce: false, alwaysOutputData: false }])(
		'%j is fine',
		(node) => {
			expect(() => checkNodeSettings(node)).not.toThrow();
		},
	);
});
