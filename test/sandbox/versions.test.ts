import { requestedVersion } from '../../sandbox/server/version';
import { sandboxForTests } from './support/caller';

describe('the API version', () => {
	it.each([
		[undefined, 1],
		['*/*', 1],
		['application/json', 1],
		['application/vnd.mesh.v1+json', 1],
		['application/vnd.mesh.v2+json', 2],
		['application/vnd.mesh.v2+json;q=1', 2],
		['application/vnd.mesh.v0+json', 1],
		['application/vnd.mesh.v3+json', 3],
	])('follows from Accept %p', (accept, version) => {
		expect(requestedVersion(accept)).toBe(version);
	});

	it.each(['application/vnd.mesh.v2+json, application/json', 'application/vnd.mesh.v2', 'application/vnd.mesh.vx+json'])('is refused for %p', (accept) => {
		expect(() => requestedVersion(accept)).toThrow('Accept header api format incorrect');
	});
});

describe('over the wire', () => {
	const world = sandboxForTests();

	it('a malformed Accept is 400 in the v1 shape, but HEAD ignores it', async () => {
		const headers = { accept: 'application/vnd.mesh.v2+json, application/json' };
		const listed = await world.mesh.call({ path: 'X26ABC1/inbox', headers });
		expect(listed.status).toBe(400);
		expect(listed.json).toEqual({ errorEvent: '', errorCode: '', errorDescription: 'Accept header api format incorrect' });
		const id = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		expect((await world.mesh.call({ method: 'HEAD', path: `X26ABC1/inbox/${id}`, headers })).status).toBe(200);
	});

	it('the same refusal has the v1 or the v2 shape', async () => {
		const path = 'X26ABC1/inbox/NOTHERE';
		const v1 = await world.mesh.call({ path, version: 1 });
		const v2 = await world.mesh.call({ path });
		expect([v1.status, v2.status]).toEqual([404, 404]);
		expect(v1.json).toEqual({ errorEvent: 'RECEIVE', errorCode: '20', errorDescription: 'Message does not exist' });
		expect(v2.json).toEqual({ detail: [{ event: 'RECEIVE', code: '20', msg: 'Message does not exist' }] });
		expect(v2.headers['content-type']).toBe('application/vnd.mesh.v2+json');
	});
});
