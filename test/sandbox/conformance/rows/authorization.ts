import { createHmac } from 'node:crypto';
import { token, withSandbox } from '../../support/caller';
import { expectRefusal, row, type Topic, type World } from '../world';

const MINUTE_MS = 60_000;
const VECTOR_NONCE = 'bd0e2bd5-218e-41d0-83a9-73fdec414803';

const count = (world: World, authorization?: string, path = 'X26ABC1/count') =>
	world.get(path, authorization === undefined ? {} : { authorization }, authorization === undefined ? { as: null } : {});
const now = (world: World) => world.sandbox.clock.now();
const fresh = (world: World, options: Parameters<typeof token>[2] = {}, at = 0) => token('X26ABC1', now(world) + at, options);

/** Signs exactly these parts. */
function sign(mailbox: string, nonce: string, nonceCount: string, password: string, timestamp: string, key: string): string {
	const hash = createHmac('sha256', key).update([mailbox, nonce, nonceCount, password, timestamp].join(':')).digest('hex');
	return `NHSMESH ${mailbox}:${nonce}:${nonceCount}:${timestamp}:${hash}`;
}

const refusedAs = (fact: string, header: (world: World) => string | undefined, text: string, event = '', code = '') =>
	row(fact, async (world) => expectRefusal(await count(world, header(world)), 403, event, code, text));

const accepted = (fact: string, header: (world: World) => string) =>
	row(fact, async (world) => expect((await count(world, header(world))).status).toBe(200));

export const authorization: Topic = {
	title: 'Authorization header',
	rows: [
		row('the published test vectors 1 and 2 are accepted (same nonce, counts 0 and 1)', async (world) => {
			world.switch({ checkTimestamp: false });
			const hashes = [
				'1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc',
				'b35be3a6bdca886d8117b2f29cc9f3f90ad607efbc88c20aa41a0f3d5e65c863',
			];
			for (const [nonceCount, hash] of hashes.entries()) {
				expect((await count(world, `NHSMESH X26ABC1:${VECTOR_NONCE}:${nonceCount}:202005041305:${hash}`)).status).toBe(200);
			}
		}),
		row('test vector 3 is accepted: another shared key, and a password with a colon', async () => {
			const options = {
				sharedKey: 'Not-A-Real-Shared-Key!',
				mailboxes: [{ mailboxId: 'X26HC005', odsCode: 'X26', password: 'p@ss:w0rd' }],
				now: () => Date.UTC(2025, 11, 31, 23, 59),
			};
			await withSandbox(options, async (mesh) => {
				const header =
					'NHSMESH X26HC005:2c001608-5f09-4840-9611-bea43e666a30:27:202512312359:74957fa3b5fc39424b06de373852c8932cb94232ab32f4f834419c4bb6ac265b';
				expect((await mesh.call({ path: 'X26HC005/count', headers: { authorization: header } })).status).toBe(200);
			});
		}),
		accepted('the hash may be in capitals', (world) => {
			const parts = fresh(world).split(':');
			return [...parts.slice(0, 4), parts[4].toUpperCase()].join(':');
		}),
		accepted('the nonce may be any text without a colon', (world) => fresh(world, { nonce: 'not a GUID' })),
		accepted('a count may be padded with zeros: what was sent is what was signed', (world) => fresh(world, { count: '001' })),
		row('the mailbox in the path may be in lower case, the one in the token not', async (world) => {
			expect((await count(world, fresh(world), 'x26abc1/count')).status).toBe(200);
			const timestamp = new Date(now(world)).toISOString().replace(/\D/g, '').slice(0, 12);
			expectRefusal(
				await count(world, sign('x26abc1', 'n', '0', 'password', timestamp, 'TestKey'), 'x26abc1/count'),
				403,
				'',
				'',
				'Mailbox id does not match token',
			);
		}),
		refusedAs('no header is refused', () => undefined, 'Error reading from Authorization header'),
		refusedAs('fewer than five parts are refused', () => 'NHSMESH X26ABC1:nonce:0:202601010000', 'Error reading from Authorization header'),
		refusedAs('a count that is not digits is refused', (world) => fresh(world, { count: '1a' }), 'Error reading from Authorization header'),
		refusedAs('another scheme is refused', (world) => fresh(world).replace('NHSMESH', 'Bearer'), 'Mailbox id does not match token'),
		refusedAs(
			'the scheme without the space is refused',
			(world) => fresh(world).replace('NHSMESH ', 'NHSMESH'),
			'Mailbox id does not match token',
		),
		refusedAs(
			'the scheme in lower case is refused',
			(world) => fresh(world).replace('NHSMESH', 'nhsmesh'),
			'Mailbox id does not match token',
		),
		refusedAs('no scheme at all is refused', (world) => fresh(world).replace('NHSMESH ', ''), 'Mailbox id does not match token'),
		refusedAs("another mailbox's token is refused", (world) => token('X26ABC2', now(world)), 'Mailbox id does not match token'),
		refusedAs('a wrong password is refused', (world) => fresh(world, { password: 'wrong' }), 'Invalid Authentication Token'),
		refusedAs('a wrong shared key is refused', (world) => fresh(world, { sharedKey: 'wrong' }), 'Invalid Authentication Token'),
		row('an unknown mailbox is refused with EPL-151', async (world) => {
			expectRefusal(await count(world, token('NOBODY', now(world)), 'NOBODY/count'), 403, 'SEND', 'EPL-151', 'No mailbox matched');
		}),
		accepted('a timestamp two hours old is accepted', (world) => fresh(world, {}, -120 * MINUTE_MS)),
		accepted('a timestamp two hours ahead is accepted', (world) => fresh(world, {}, 120 * MINUTE_MS)),
		refusedAs('a timestamp older than two hours is refused', (world) => fresh(world, {}, -121 * MINUTE_MS), 'Invalid Authentication Token'),
		refusedAs(
			'a timestamp more than two hours ahead is refused',
			(world) => fresh(world, {}, 121 * MINUTE_MS),
			'Invalid Authentication Token',
		),
		refusedAs(
			'a timestamp that is none is refused',
			() => sign('X26ABC1', 'n', '0', 'password', 'yesterday', 'TestKey'),
			'Invalid Authentication Token',
		),
		row('a token is good for one request', async (world) => {
			const header = fresh(world);
			expect((await count(world, header)).status).toBe(200);
			expectRefusal(await count(world, header), 403, '', '', 'Error Duplicated Authentication Token');
			expectRefusal(await world.get('X26ABC1/inbox', { authorization: header }), 403, '', '', 'Error Duplicated Authentication Token');
		}),
		row('a used token stays used when the clock is moved on and times are no longer checked', async (world) => {
			const [before, after] = [fresh(world), fresh(world)];
			expect((await count(world, before)).status).toBe(200);
			world.sandbox.clock.advance(5 * 24 * 60 * MINUTE_MS);
			world.switch({ checkTimestamp: false });
			expect((await count(world, after)).status).toBe(200);
			for (const header of [after, before]) expectRefusal(await count(world, header), 403, '', '', 'Error Duplicated Authentication Token');
		}),
		row('a nonce may be used again with another count, and by another mailbox', async (world) => {
			for (const header of [fresh(world, { nonce: 'n', count: '0' }), fresh(world, { nonce: 'n', count: '1' })])
				expect((await count(world, header)).status).toBe(200);
			expect((await count(world, token('X26ABC2', now(world), { nonce: 'n' }), 'X26ABC2/count')).status).toBe(200);
		}),
		row('authorization is checked before everything else', async (world) => {
			const reply = await world.mesh.call({
				method: 'POST',
				path: 'X26ABC1/outbox',
				headers: { authorization: fresh(world, { password: 'wrong' }), accept: 'application/vnd.mesh.v2, x' },
			});
			expect([reply.status, reply.json.errorDescription]).toEqual([403, 'Invalid Authentication Token']);
		}),
		row('an inactive mailbox is refused', async (world) => {
			world.sandbox.putMailbox({ mailboxId: 'X26ABC1', odsCode: 'X26', active: false });
			expectRefusal(await count(world, fresh(world)), 403, '', '', 'Request Received from Inactive Mailbox');
		}),
		row('as the NHS sandbox: no window, no replay check, and the scheme may be missing', async (world) => {
			world.switch({ checkTimestamp: false, rejectReplays: false, authorizationScheme: 'optional' });
			const old = fresh(world, {}, -500 * MINUTE_MS);
			for (const header of [old, old, old.replace('NHSMESH ', ''), old.replace('NHSMESH', 'nhsmesh')])
				expect((await count(world, header)).status).toBe(200);
		}),
		row('look-ups need no Authorization', async (world) => {
			for (const path of ['endpointlookup/X26/TEST_WORKFLOW', 'workflowsearch/TEST_WORKFLOW', '_ping'])
				expect((await world.get(path, {}, { as: null })).status).toBe(200);
		}),
	],
};
