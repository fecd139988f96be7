import { matchesFilter } from '../../sandbox/routes/list';
import { sandboxForTests, withSandbox, type Caller } from './support/caller';
import type { Sandbox } from '../../sandbox';

const fill = async (sandbox: Sandbox, count: number, workflowOf: (index: number) => string = () => 'WF1') => {
	const ids: string[] = [];
	for (let index = 0; index < count; index++) ids.push(await sandbox.putMessage({ to: 'X26ABC1', content: String(index), workflowId: workflowOf(index) }));
	return ids;
};

/** Follows links.next to the end and returns the pages. */
const pages = async (mesh: Caller, query: string): Promise<string[][]> => {
	const found: string[][] = [];
	for (let path: string | undefined = `X26ABC1/inbox?${query}`; path !== undefined; ) {
		const { json } = await mesh.call({ path });
		found.push(json.messages as string[]);
		path = (json.links as { next?: string }).next?.replace('/messageexchange/', '');
	}
	return found;
};

describe('paging', () => {
	const world = sandboxForTests();
	let ids: string[];
	beforeAll(async () => {
		ids = await fill(world.sandbox, 25);
	});

	it('gives the oldest first, with a relative, encoded next link until nothing is left', async () => {
		const first = (await world.mesh.call({ path: 'X26ABC1/inbox?max_results=10&workflow_filter=WF*' })).json;
		expect(first.messages).toEqual(ids.slice(0, 10));
		expect(first.approx_inbox_count).toBe(25);
		expect(first.links).toEqual({
			self: '/messageexchange/X26ABC1/inbox?max_results=10&workflow_filter=WF*',
			next: expect.stringMatching(/^\/messageexchange\/X26ABC1\/inbox\?max_results=10&workflow_filter=WF\*&continue_from=[A-Za-z0-9%]{24,1000}$/) as string,
		});
		expect((first.links as { next: string }).next).toMatch(/%3D%3D$/);
		expect(await pages(world.mesh, 'max_results=10')).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
	});

	it('has no next link when the last page is exactly full', async () => {
		expect((await pages(world.mesh, 'max_results=25')).length).toBe(1);
	});

	it('in v1 goes on behind a message ID and says nothing of links', async () => {
		const v1 = await world.mesh.call({ path: `X26ABC1/inbox?max_results=10&continue_from=${ids[9]}`, version: 1 });
		expect(v1.json).toEqual({ messages: ids.slice(10, 20) });
	});

	it.each(['max_results=9', 'max_results=5001', 'max_results=ten', 'continue_from=', 'continue_from=short', 'workflow_filter=*', `workflow_filter=${'x'.repeat(256)}`])('refuses %s', async (query) => {
		const reply = await world.mesh.call({ path: `X26ABC1/inbox?${query}` });
		expect(reply.status).toBe(400);
		expect(reply.json.detail).toEqual([expect.objectContaining({ loc: ['query', query.split('=')[0]] })]);
	});

	it('answers 500 to a token it never made', async () => {
		const token = Buffer.from('something made up by someone').toString('base64');
		expect((await world.mesh.call({ path: `X26ABC1/inbox?continue_from=${encodeURIComponent(token)}` })).status).toBe(500);
	});
});

describe('a cursor whose message was acknowledged', () => {
	it.each([['continue', 10], ['restart', 1]] as const)('leads to %s, as the switch says', async (lostCursor, firstIndex) => {
		await withSandbox({ behaviour: { lostCursor } }, async (mesh, sandbox) => {
			const ids = await fill(sandbox, 20);
			const { json } = await mesh.call({ path: 'X26ABC1/inbox?max_results=10' });
			await mesh.acknowledge('X26ABC1', ids[9]);
			if (lostCursor === 'restart') await mesh.acknowledge('X26ABC1', ids[0]);
			const next = await mesh.call({ path: (json.links as { next: string }).next.replace('/messageexchange/', '') });
			expect((next.json.messages as string[])[0]).toBe(ids[firstIndex]);
		});
	});
});

describe('pages under a filter', () => {
	it('are filled with matches by default, and may be empty with a next link where MESH cuts before it filters', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const ids = await fill(sandbox, 30, (index) => (index < 20 ? 'OTHER' : 'WANTED'));
			expect(await pages(mesh, 'max_results=10&workflow_filter=WANTED')).toEqual([ids.slice(20)]);
			sandbox.behaviour.filteredPages = 'scanned';
			expect(await pages(mesh, 'max_results=10&workflow_filter=WANTED')).toEqual([[], [], ids.slice(20)]);
		});
	});

	it('show the reports on a workflow too, since they carry its ID', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const report = await sandbox.putReport({ to: 'X26ABC1', workflowId: 'WF1' });
			expect(await pages(mesh, 'workflow_filter=WF1')).toEqual([[report]]);
		});
	});
});

describe('the filter', () => {
	it.each([
		['WF1', 'WF1', true],
		['WF1', 'wf1', false],
		[' WF1 ', 'WF1', true],
		['!WF1', 'WF2', true],
		['!WF1', 'WF1', false],
		['WF*', 'WF12', true],
		['!WF*', 'WF12', false],
		['*_ACK*', 'A_ACK_B', true],
		['!*_ACK*', 'A_ACK_B', false],
		['*_ACK', 'X_ACX', true],
		['*_ACK', 'X_BCK', false],
		['*A', 'anything', true],
		['**', 'anything', true],
		['***', 'A*B', true],
		['!*', 'anything', false],
		['!*', '', false],
		['A*B', 'A*B', true],
		['A*B', 'AxB', false],
		['!!X', '!X', false],
		['!!X', 'X', true],
		['=WF1', 'WF1', false],
		['!WF1', '', true],
		['!WF*', '', true],
	])('%s on %p is %p', (filter, workflowId, expected) => {
		expect(matchesFilter(filter, workflowId)).toBe(expected);
	});
});

describe('a page of the default size', () => {
	it('holds 500 of 600 messages, so that a high-volume run needs more than one', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			await fill(sandbox, 600);
			expect((await pages(mesh, '')).map(({ length }) => length)).toEqual([500, 100]);
		});
	});
});
