import fc from 'fast-check';
import { MeshError, type MeshErrorDetails } from '../../nodes/Mesh/client';
import { RAISE_INTERVAL_MS, failureClass, noOutage, noteFailure } from '../../nodes/Mesh/trigger/session';
import type { FailureClass, Outage } from '../../nodes/Mesh/trigger/session';

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
