import type { IPollFunctions } from 'n8n-workflow';
import { MAXIMUM_REMEMBERED, fromCheckpoint, type DeliveryRules } from '../../nodes/Mesh/trigger/deliveries';
import { replaceRuntime } from '../../nodes/Mesh/client/runtime';
import { newLedger } from '../../nodes/Mesh/trigger/ledger';
import { RAISE_INTERVAL_MS, newSession } from '../../nodes/Mesh/trigger/session';
import { raiseWhenFull, reportParked } from '../../nodes/Mesh/trigger/alarms';
import { FakeClock } from '../support/fakeClock';

const rules: DeliveryRules = {
	maximumInFlight: 1,
	messagesPerExecution: 1,
	deliveryAttempts: 1,
	pauseMs: 1,
	afterSuccess: 'acknowledge',
	longestExecutionMs: 1,
};

/** The two things a report needs of n8n's poll context. */
function reporter() {
	const raised: Error[] = [];
	const context = { getNode: () => ({ name: 'MESH' }), __emitError: (error: Error) => raised.push(error) } as unknown as IPollFunctions;
	return { context, raised };
}

const ledgerOf = (messages: string[]) =>
	newLedger({ mailboxId: 'X26ABC1', origin: 'https://localhost' }, fromCheckpoint({ version: 1, messages }, 0, rules));

describe('what the error workflow is told', () => {
	const clock = new FakeClock();
	beforeAll(() => replaceRuntime({ steadyNow: clock.now }));
	afterAll(() => replaceRuntime());

	test.each([
		['failed', /before its first node/],
		['canceled', /stopped before it ended/],
		['crashed', /crashed/],
		['interrupted', /n8n itself stopped/],
		['overdue', /reported no end/],
		['notAcknowledged', /did not acknowledge/],
	])('a message parked because of "%s" comes with that reason in words and with what to do', (kind, text) => {
		const { context, raised } = reporter();
		reportParked(context, ledgerOf([`parked 5 5 ${kind} M1`]));
		expect(raised).toEqual([
			expect.objectContaining({
				message: 'MESH message M1 was handed to the workflow 5 times without success and is parked',
				description: expect.stringMatching(/unpublish and publish \(n8n 1: deactivate and activate\) the workflow/),
			}),
		]);
		expect(raised[0]).toMatchObject({ description: expect.stringMatching(text) });
	});

	test('a full record is told once an hour, and only while messages have to wait for it', () => {
		const { context, raised } = reporter();
		const session = newSession(clock.now());
		const ledger = ledgerOf(Array.from({ length: MAXIMUM_REMEMBERED }, (_, n) => `reported 5 5 failed M${n}`));
		raiseWhenFull(context, session, ledger);
		expect(raised).toEqual([]);
		ledger.deliveries = { ...ledger.deliveries, waiting: ['NEW'] };
		raiseWhenFull(context, session, ledger);
		raiseWhenFull(context, session, ledger);
		expect(raised.map(({ message }) => message)).toEqual([
			`${MAXIMUM_REMEMBERED} messages are parked or wait for their acknowledgement, so no new ones are delivered`,
		]);
		clock.advance(RAISE_INTERVAL_MS);
		raiseWhenFull(context, session, ledger);
		expect(raised).toHaveLength(2);
	});
});
