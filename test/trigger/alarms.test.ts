import fc from 'fast-check';
import type { IPollFunctions } from 'n8n-workflow';
import { MeshError, type MeshErrorDetails } from '../../nodes/Mesh/client';
import { replaceRuntime } from '../../nodes/Mesh/client/runtime';
import { raiseWhenFull, reportParked } from '../../nodes/Mesh/trigger/alarms';
import { type DeliveryRules, MAXIMUM_REMEMBERED, fromCheckpoint } from '../../nodes/Mesh/trigger/deliveries';
import { newLedger } from '../../nodes/Mesh/trigger/ledger';
import { RAISE_INTERVAL_MS, failureClass, newSession, noOutage, noteFailure } from '../../nodes/Mesh/trigger/session';
import type { FailureClass, Outage } from '../../nodes/Mesh/trigger/session';
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

const MINUTE_MS = 60_000;

/** Minutes at which something is raised, with one failed poll a minute. */
function raisedAt(failures: FailureClass[]): number[] {
	const minutes: number[] = [];
	let outage: Outage = noOutage;
	failures.forEach((failure, minute) => {
		const next = noteFailure(outage, failure, minute * MINUTE_MS);
		outage = next.outage;
		if (next.raise) minutes.push(minute);
	});
	return minutes;
}

describe('raising failed polls', () => {
	test('waits for the third passing failure in a row, then keeps quiet for an hour', () => {
		expect(raisedAt(Array<FailureClass>(150).fill('passing'))).toEqual([2, 62, 122]);
	});

	test('raises a wrong configuration at once, and again after an hour only', () => {
		expect(raisedAt(Array<FailureClass>(125).fill('configuration'))).toEqual([0, 60, 120]);
	});

	test('raises a wrong configuration although a passing failure was raised shortly before, because it needs a person', () => {
		expect(raisedAt(['passing', 'passing', 'passing', 'configuration', 'configuration', 'passing'])).toEqual([2, 3]);
	});

	test('never raises twice within an hour, but for the one change from passing to configuration', () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.constantFrom<FailureClass>('passing', 'configuration'), fc.nat(3 * 60 * MINUTE_MS)), { maxLength: 60 }),
				(polls) => {
					let outage: Outage = noOutage;
					let now = 0;
					for (const [failure, pause] of polls) {
						now += pause;
						const before = outage.raised;
						const next = noteFailure(outage, failure, now);
						outage = next.outage;
						if (!next.raise || before === undefined) continue;
						expect(now - before.at >= RAISE_INTERVAL_MS || (before.class === 'passing' && failure === 'configuration')).toBe(true);
					}
				},
			),
		);
	});
});

describe('the kind of a failure', () => {
	const error = (details: MeshErrorDetails) => failureClass(new MeshError('x', details));

	test.each<[FailureClass, MeshErrorDetails]>([
		['passing', { code: 'MESH_NETWORK', temporary: true }],
		['passing', { code: 'MESH_TIMEOUT', temporary: true }],
		['passing', { code: 'MESH_STATUS', httpStatus: 503, temporary: true }],
		['passing', { code: 'MESH_STATUS', httpStatus: 429, temporary: true }],
		['passing', { code: 'MESH_STATUS', httpStatus: 501 }],
		['passing', { code: 'MESH_PROTOCOL' }],
		['configuration', { code: 'MESH_INVALID_CREDENTIAL' }],
		['configuration', { code: 'MESH_INVALID_INPUT' }],
		['configuration', { code: 'MESH_TLS' }],
		['configuration', { code: 'MESH_STATUS', httpStatus: 403 }],
		['configuration', { code: 'MESH_STATUS', httpStatus: 404 }],
		['configuration', { code: 'MESH_STATUS', httpStatus: 307 }],
	])('is %s for %j', (expected, details) => {
		expect(error(details)).toBe(expected);
	});

	test('is a configuration when n8n itself cannot read the credential or a parameter', () => {
		expect(failureClass(new Error('Credential could not be decrypted'))).toBe('configuration');
	});
});
