import { authorizationHeader } from '../../nodes/Mesh/client/authorization';

const guid = 'bd0e2bd5-218e-41d0-83a9-73fdec414803';
const may4 = Date.UTC(2020, 4, 4, 13, 5, 59);

describe('the authorization token', () => {
	test.each([
		[
			'a first use',
			'TestKey',
			'X26ABC1',
			'password',
			guid,
			0,
			may4,
			'202005041305',
			'1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc',
		],
		[
			'a second use of a nonce',
			'TestKey',
			'X26ABC1',
			'password',
			guid,
			1,
			may4,
			'202005041305',
			'b35be3a6bdca886d8117b2f29cc9f3f90ad607efbc88c20aa41a0f3d5e65c863',
		],
		[
			'a colon in the password',
			'Not-A-Real-Shared-Key!',
			'X26HC005',
			'p@ss:w0rd',
			'2c001608-5f09-4840-9611-bea43e666a30',
			27,
			Date.UTC(2025, 11, 31, 23, 59),
			'202512312359',
			'74957fa3b5fc39424b06de373852c8932cb94232ab32f4f834419c4bb6ac265b',
		],
	])('agrees with the published vector for %s', (_what, sharedKey, mailboxId, password, nonce, nonceCount, now, timestamp, hash) => {
		expect(authorizationHeader({ sharedKey, mailboxId, password, nonce, nonceCount, now })).toBe(
			`NHSMESH ${mailboxId}:${nonce}:${nonceCount}:${timestamp}:${hash}`,
		);
	});

	test('tells the time in UTC whatever the zone of the machine, because MESH compares it with UTC', () => {
		const zone = process.env.TZ;
		process.env.TZ = 'Pacific/Kiritimati';
		const header = authorizationHeader({
			sharedKey: 'k',
			mailboxId: 'M',
			password: 'p',
			nonce: 'n',
			nonceCount: 0,
			now: Date.UTC(2024, 6, 1),
		});
		process.env.TZ = zone;
		expect(header).toMatch(/^NHSMESH M:n:0:202407010000:/);
	});
});
