import type { INodeProperties } from 'n8n-workflow';
import { optionFields, triggerProperties } from '../../nodes/Mesh/trigger/description';
import { checkNodeSettings, optionDefaults, readSettings } from '../../nodes/Mesh/trigger/settings';

/** The parameters as the editor starts with them, with some changed. */
function read(change: Record<string, unknown> = {}) {
	const values = new Map<string, unknown>(triggerProperties.map(({ name, default: value }) => [name, value]));
	for (const [name, value] of Object.entries(change)) values.set(name, value);
	return readSettings((name) => values.get(name) ?? null);
}

const readOptions = (options: Record<string, unknown>) => read({ options });

describe('the settings of the trigger', () => {
	test('are, untouched: acknowledge on success, ten in flight, one message per execution, five attempts from five minutes on', () => {
		expect(read()).toEqual({
			policy: 'whenWorkflowSucceeds',
			reports: 'fail',
			filter: undefined,
			rules: {
				maximumInFlight: 10,
				messagesPerExecution: 1,
				deliveryAttempts: 5,
				pauseMs: 300_000,
				afterSuccess: 'acknowledge',
				redeliverAfterMs: 86_400_000,
				longestExecutionMs: 86_400_000,
			},
			content: { outputAs: 'binary', binaryProperty: 'data', maximumBytes: undefined, verifyChecksum: 'fail' },
			simplify: true,
			listingIntervalMs: undefined,
		});
	});

	test('take every option in the unit of its name', () => {
		const { rules, content, listingIntervalMs } = readOptions({
			messagesInFlight: 3,
			messagesPerExecution: 2,
			deliveryAttempts: 7,
			redeliveryPause: 0.5,
			redeliverAfter: 2,
			longestExecution: 1.5,
			maximumSize: 2,
			inboxCheckInterval: 0,
			verifyChecksum: 'report',
		});
		expect(rules).toMatchObject({
			maximumInFlight: 3,
			messagesPerExecution: 2,
			deliveryAttempts: 7,
			pauseMs: 30_000,
			redeliverAfterMs: 7_200_000,
			longestExecutionMs: 5_400_000,
		});
		expect(content).toMatchObject({ maximumBytes: 2 * 1024 * 1024, verifyChecksum: 'report' });
		expect(listingIntervalMs).toBe(0);
	});

	test('never redeliver what is to be acknowledged later when its time is 0', () => {
		expect(readOptions({ redeliverAfter: 0 }).rules.redeliverAfterMs).toBeUndefined();
	});

	test('take numbers that an expression has given as text', () => {
		expect(readOptions({ messagesInFlight: ' 4 ' }).rules.maximumInFlight).toBe(4);
	});

	test.each([
		['messagesInFlight', 0],
		['messagesPerExecution', -1],
		['deliveryAttempts', 101],
		['redeliveryPause', Number.NaN],
		['longestExecution', 0],
		['inboxCheckInterval', {}],
		['redeliverAfter', ''],
	])('refuse %s = %p and name it', (name, value) => {
		expect(() => readOptions({ [name]: value })).toThrow(expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter: name }));
	});

	test.each(['acknowledge', 'outputAs'])('refuse an unknown value of %s rather than guess what the user wants', (name) => {
		expect(() => read({ [name]: 'sometimes' })).toThrow(expect.objectContaining({ parameter: name }));
	});

	test('read the workflow filter', () => {
		expect(read({ workflowFilterMode: 'doesNotBeginWith', workflowFilterText: 'GP_' }).filter).toEqual({
			mode: 'beginsWith',
			negate: true,
			text: 'GP_',
		});
	});

	test('show in the editor the very defaults that apply', () => {
		const shown = Object.fromEntries((optionFields.options as INodeProperties[]).map(({ name, default: value }) => [name, value]));
		expect(shown).toEqual({ ...optionDefaults, maximumSize: 0, retryParked: 0, verifyChecksum: 'fail' });
	});
});

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
