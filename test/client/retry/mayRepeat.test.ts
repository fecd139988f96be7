import { MeshError } from '../../../nodes/Mesh/client';
import type { MeshErrorDetails } from '../../../nodes/Mesh/client';
import { mayRepeat } from '../../../nodes/Mesh/client/exchange';
import type { Repeatability } from '../../../nodes/Mesh/client/statusErrors';

const may = (repeat: Repeatability, details: MeshErrorDetails, attempt = 1) =>
	mayRepeat({ repeat, error: new MeshError('m', details), attempt, attempts: 4 });
const status = (httpStatus: number, meshText?: string): MeshErrorDetails => ({ code: 'MESH_STATUS', httpStatus, meshText });
const lost: MeshErrorDetails = { code: 'MESH_NETWORK', temporary: true, ambiguous: true };
const notSent: MeshErrorDetails = { code: 'MESH_NETWORK', temporary: true, ambiguous: false };

describe('repeating', () => {
	test.each([425, 429, 503])('after %d is safe for every call, as the request was refused before it was looked at', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			true,
			true,
			true,
		]);
	});

	test.each([502, 504])('after %d is not safe for the first request of a message, which the gateway may have passed on', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			true,
			true,
			false,
		]);
	});

	test('after 500 is tried twice, and only for questions', () => {
		expect([1, 2, 3].map((attempt) => may('read', status(500), attempt))).toEqual([true, true, false]);
		expect([may('idempotent', status(500)), may('never', status(500))]).toEqual([false, false]);
	});

	test.each([400, 401, 403, 404, 405, 406, 410, 413, 417, 422, 423, 501])('after %d changes nothing', (httpStatus) => {
		expect([may('read', status(httpStatus)), may('idempotent', status(httpStatus)), may('never', status(httpStatus))]).toEqual([
			false,
			false,
			false,
		]);
	});

	test('after a token that MESH has seen is tried once, and never for the first request of a message', () => {
		const seen = status(403, 'Error Duplicated Authentication Token');
		expect([may('read', seen), may('read', seen, 2), may('idempotent', seen), may('never', seen)]).toEqual([true, false, true, false]);
	});

	test('after a lost connection is safe, but for a message only when nothing was sent', () => {
		expect([may('read', lost), may('idempotent', lost), may('never', lost), may('never', notSent)]).toEqual([true, true, false, true]);
	});

	test('ends with the number of attempts, with cancelling and with what will not pass', () => {
		expect(may('read', lost, 4)).toBe(false);
		expect(may('read', { code: 'MESH_ABORTED' })).toBe(false);
		expect(may('read', { code: 'MESH_TLS', temporary: false })).toBe(false);
	});
});
