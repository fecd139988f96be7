import { randomUUID } from 'node:crypto';
import { tokenHash } from '../../sandbox/auth/authorize';
import { ReplayMemory } from '../../sandbox/auth/replayMemory';
import { sandboxForTests, token, withSandbox } from './support/caller';

const NONCE = 'bd0e2bd5-218e-41d0-83a9-73fdec414803';
const VECTORS = [
	{
		sharedKey: 'TestKey',
		mailboxId: 'X26ABC1',
		password: 'password',
		nonce: NONCE,
		nonceCount: '0',
		timestamp: '202005041305',
		hash: '1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc',
	},
	{
		sharedKey: 'TestKey',
		mailboxId: 'X26ABC1',
		password: 'password',
		nonce: NONCE,
		nonceCount: '1',
		timestamp: '202005041305',
		hash: 'b35be3a6bdca886d8117b2f29cc9f3f90ad607efbc88c20aa41a0f3d5e65c863',
	},
	{
		sharedKey: 'Not-A-Real-Shared-Key!',
		mailboxId: 'X26HC005',
		password: 'p@ss:w0rd',
		nonce: '2c001608-5f09-4840-9611-bea43e666a30',
		nonceCount: '27',
		timestamp: '202512312359',
		hash: '74957fa3b5fc39424b06de373852c8932cb94232ab32f4f834419c4bb6ac265b',
	},
];

describe('the published test vectors', () => {
	it.each(VECTORS)('hash to the published value (count $nonceCount)', ({ hash, password, sharedKey, ...parts }) => {
		expect(tokenHash(parts, password, sharedKey)).toBe(hash);
	});

	it.each(VECTORS)(
		'are accepted over the wire at their time, once, and refused when they come again (count $nonceCount)',
		async (vector) => {
			const { hash, mailboxId, nonce, nonceCount, password, sharedKey, timestamp } = vector;
			const [, y, m, d, h, min] = /(....)(..)(..)(..)(..)/.exec(timestamp) ?? [];
			const now = () => Date.parse(`${y}-${m}-${d}T${h}:${min}:30Z`);
			await withSandbox({ now, sharedKey, mailboxes: [{ mailboxId, odsCode: 'X26', password }] }, async (mesh) => {
				const headers = { authorization: `NHSMESH ${mailboxId}:${nonce}:${nonceCount}:${timestamp}:${hash}` };
				expect((await mesh.call({ path: `${mailboxId}/count`, headers })).json).toEqual({ count: 0 });
				const again = await mesh.call({ path: `${mailboxId}/count`, headers });
				expect(again.status).toBe(403);
				expect(again.text).toContain('Error Duplicated Authentication Token');
			});
		},
	);
});

describe('the Authorization header', () => {
	const world = sandboxForTests();
	const refusal = async (authorization: string | undefined, path = 'X26ABC1/count') => {
		const reply = await world.mesh.call({ path, as: null, headers: authorization === undefined ? {} : { authorization } });
		return [reply.status, ...((reply.json.detail as Array<{ msg: string }>) ?? []).map(({ msg }) => msg)];
	};
	const now = () => world.sandbox.clock.now();
	const altered = (change: (parts: string[]) => void) => {
		const parts = token('X26ABC1', now()).slice('NHSMESH '.length).split(':');
		change(parts);
		return `NHSMESH ${parts.join(':')}`;
	};

	it('must be there and have five parts', async () => {
		expect(await refusal(undefined)).toEqual([403, 'Error reading from Authorization header']);
		expect(await refusal('NHSMESH X26ABC1:a:0:202005041305')).toEqual([403, 'Error reading from Authorization header']);
		expect(await refusal(altered((parts) => (parts[2] = 'x')))).toEqual([403, 'Error reading from Authorization header']);
	});

	it('must name the mailbox of the URL in upper case', async () => {
		expect(await refusal(token('X26ABC2', now()))).toEqual([403, 'Mailbox id does not match token']);
		expect(await refusal(token('x26abc1', now()))).toEqual([403, 'Mailbox id does not match token']);
	});

	it('must start with NHSMESH and a space', async () => {
		const good = () => token('X26ABC1', now()).slice('NHSMESH '.length);
		expect(await refusal(`Bearer ${good()}`)).toEqual([403, 'Mailbox id does not match token']);
		expect(await refusal(`NHSMESH${good()}`)).toEqual([403, 'Mailbox id does not match token']);
		expect(await refusal(good())).toEqual([403, 'Mailbox id does not match token']);
		expect(await refusal(`nhsmesh ${good()}`)).toEqual([403, 'Mailbox id does not match token']);
	});

	it('may go without its scheme word where the NHS sandbox is followed', async () => {
		await withSandbox({ behaviour: { authorizationScheme: 'optional' } }, async (mesh, sandbox) => {
			for (const scheme of ['', 'nhsmesh ']) {
				const authorization = scheme + token('X26ABC1', sandbox.clock.now()).slice('NHSMESH '.length);
				expect((await mesh.call({ path: 'X26ABC1/count', headers: { authorization } })).status).toBe(200);
			}
		});
	});

	it('is refused for a wrong password, a wrong key and an altered hash, and takes a hash in capitals', async () => {
		expect(await refusal(token('X26ABC1', now(), { password: 'wrong' }))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(token('X26ABC1', now(), { sharedKey: 'wrong' }))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(altered((parts) => (parts[4] = parts[4].replace(/^./, 'z'))))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(altered((parts) => (parts[4] = parts[4].toUpperCase())))).toEqual([200]);
	});

	it('of an unknown mailbox says that no mailbox matched', async () => {
		const reply = await world.mesh.call({ path: 'NOBODY/count' });
		expect(reply.status).toBe(403);
		expect(reply.json).toEqual({ detail: [{ event: 'SEND', code: 'EPL-151', msg: 'No mailbox matched' }] });
	});

	it('is good for two hours either way, to the minute, whatever the sandbox clock says', async () => {
		const HOUR = 60 * 60 * 1000;
		const minute = Math.floor(now() / 60_000) * 60_000;
		expect(await refusal(token('X26ABC1', minute + 2 * HOUR))).toEqual([200]);
		expect(await refusal(token('X26ABC1', minute + 2 * HOUR + 2 * 60_000))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(token('X26ABC1', minute - 2 * HOUR - 60_000))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(altered((parts) => (parts[3] = '2020')))).toEqual([403, 'Invalid Authentication Token']);
		world.sandbox.clock.advance(3 * HOUR);
		expect(await refusal(token('X26ABC1', Date.now()))).toEqual([403, 'Invalid Authentication Token']);
		expect(await refusal(token('X26ABC1', now()))).toEqual([200]);
	});

	it('of one nonce is good again with the next count, and for another mailbox', async () => {
		const nonce = randomUUID();
		expect(await refusal(token('X26ABC1', now(), { nonce }))).toEqual([200]);
		expect(await refusal(token('X26ABC1', now(), { nonce }))).toEqual([403, 'Error Duplicated Authentication Token']);
		expect(await refusal(token('X26ABC1', now(), { nonce, count: '1' }))).toEqual([200]);
		expect(await refusal(token('X26ABC2', now(), { nonce }), 'X26ABC2/count')).toEqual([200]);
	});

	it('comes before every other check, so that missing headers and a bad Accept are still 403', async () => {
		const reply = await world.mesh.call({
			method: 'POST',
			path: 'X26ABC1/outbox',
			as: null,
			headers: { accept: 'application/vnd.mesh.v2' },
		});
		expect(reply.status).toBe(403);
	});

	it('of an inactive mailbox is refused as such', async () => {
		world.sandbox.putMailbox({ mailboxId: 'X26OFF', odsCode: 'X26', active: false });
		const reply = await world.mesh.call({ path: 'X26OFF/count' });
		expect([reply.status, reply.text]).toEqual([403, expect.stringContaining('Request Received from Inactive Mailbox')]);
	});

	it('never shows in the request log', () => {
		const shown = JSON.stringify(world.sandbox.requests);
		expect(shown).toContain('"authorization":"(redacted)"');
		expect(shown).not.toContain('NHSMESH');
	});
});

describe('the memory of used tokens', () => {
	it('forgets what its timestamp alone would refuse, and stays within its bound', () => {
		const memory = new ReplayMemory(undefined, 0, 3);
		expect(memory.use('a', 100, 0)).toBe(true);
		expect(memory.use('a', 100, 50)).toBe(false);
		expect(memory.use('b', 200, 150)).toBe(true);
		expect(memory.size).toBe(1);
		for (const key of ['c', 'd', 'e', 'f']) memory.use(key, 1000, 160);
		expect(memory.size).toBe(3);
		expect(memory.use('f', 1000, 170)).toBe(false);
	});
});
