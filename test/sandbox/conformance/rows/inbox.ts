import { expectGeneric, problems, row, type Topic, type World } from '../world';

interface Page {
	messages: string[];
	links: { self: string; next?: string };
	approx_inbox_count: number;
}

async function fill(world: World, count: number, workflowId = 'W'): Promise<string[]> {
	const ids: string[] = [];
	for (let number = 0; number < count; number++) ids.push(await world.sandbox.putMessage({ to: 'X26ABC1', workflowId, content: 'x' }));
	return ids;
}

const page = async (world: World, query = ''): Promise<Page> => (await world.get(`X26ABC1/inbox${query}`)).json as unknown as Page;

/** All pages by `links.next`; `between` runs after each page. */
async function walk(world: World, query: string, between: (messages: string[]) => unknown = () => undefined): Promise<string[][]> {
	const pages: string[][] = [];
	for (let path: string | undefined = `X26ABC1/inbox${query}`; path !== undefined && pages.length < 50; ) {
		const { messages, links } = (await world.get(path)).json as unknown as Page;
		pages.push(messages);
		await between(messages);
		path = links.next?.replace('/messageexchange/', '');
	}
	return pages;
}

const limits = (fact: string, good: string[], bad: string[], name: string) =>
	row(fact, async (world) => {
		for (const value of good)
			expect([
				value,
				(await world.get(`X26ABC1/inbox?${name}=${value}`, {}, { version: name === 'continue_from' ? 1 : 2 })).status,
			]).toEqual([value, 200]);
		for (const value of bad) expect(problems(await world.get(`X26ABC1/inbox?${name}=${value}`))).toEqual([`query ${name}`]);
	});

export const inbox: Topic = {
	title: 'List inbox',
	rows: [
		row('version 1 has the IDs and nothing about pages', async (world) => {
			const ids = await fill(world, 2);
			expect((await world.v1('X26ABC1/inbox')).json).toEqual({ messages: ids });
		}),
		row('version 2 has IDs, a link to itself and the approximate count; no link to a next page there is not', async (world) => {
			const ids = await fill(world, 2);
			expect(await page(world)).toEqual({
				messages: ids,
				links: { self: '/messageexchange/X26ABC1/inbox?max_results=500' },
				approx_inbox_count: 2,
			});
		}),
		limits('max_results is 10 to 5000', ['10', '5000'], ['9', '5001', 'ten', ''], 'max_results'),
		limits(
			'continue_from has 24 to 1000 characters',
			['x'.repeat(24), 'x'.repeat(1000)],
			['', 'x'.repeat(23), 'x'.repeat(1001)],
			'continue_from',
		),
		limits('workflow_filter has 2 to 255 characters', ['WF', 'x'.repeat(255)], ['', 'W', '*', '!', 'x'.repeat(256)], 'workflow_filter'),
		row('a page holds 500 unless asked otherwise, in both versions', async (world) => {
			await fill(world, 501);
			expect((await page(world)).messages).toHaveLength(500);
			expect((await world.v1('X26ABC1/inbox')).json.messages).toHaveLength(500);
			expect((await page(world, '?max_results=5000')).messages).toHaveLength(501);
		}),
		row('links are relative, encoded, and repeat max_results and workflow_filter', async (world) => {
			await fill(world, 11, 'WF 1&2');
			const { links } = await page(world, `?max_results=10&workflow_filter=${encodeURIComponent('WF 1*')}`);
			expect(links.self).toBe('/messageexchange/X26ABC1/inbox?max_results=10&workflow_filter=WF%201*');
			expect(links.next).toMatch(/^\/messageexchange\/X26ABC1\/inbox\?max_results=10&workflow_filter=WF%201\*&continue_from=[\w%]+%3D/);
		}),
		row('following the links gives every message once, and a full last page has no next', async (world) => {
			const ids = await fill(world, 30);
			expect(await walk(world, '?max_results=10')).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
		}),
		row('version 1 goes on behind the last ID of the page before', async (world) => {
			const ids = await fill(world, 15);
			const second = await world.v1(`X26ABC1/inbox?max_results=10&continue_from=${ids[9]}`);
			expect(second.json.messages).toEqual(ids.slice(10));
		}),
		row('in version 1 an unknown ID of the page before begins again', async (world) => {
			const ids = await fill(world, 2);
			expect((await world.v1(`X26ABC1/inbox?continue_from=${'0'.repeat(20)}_ABCDEF`)).json.messages).toEqual(ids);
		}),
		row('page size and filter work in version 1 too', async (world) => {
			const ids = await fill(world, 11, 'A1');
			await fill(world, 1, 'B1');
			expect((await world.v1('X26ABC1/inbox?max_results=10&workflow_filter=A*')).json.messages).toEqual(ids.slice(0, 10));
		}),
		row("only the mailbox's own messages are listed", async (world) => {
			await world.send();
			expect([await world.mesh.list('X26ABC1'), await world.mesh.list('X26ABC3')]).toEqual([[], []]);
		}),
		row('acknowledging between pages loses no message', async (world) => {
			const ids = await fill(world, 25);
			const pages = await walk(world, '?max_results=10', (messages) =>
				Promise.all(messages.map((id) => world.mesh.acknowledge('X26ABC1', id))),
			);
			expect(pages.flat()).toEqual(ids);
		}),
		row('putting the last message of a page back between pages loses no message', async (world) => {
			for (const lostCursor of ['continue', 'restart'] as const) {
				world.switch({ lostCursor });
				await world.sandbox.reset();
				const ids = await fill(world, 12);
				const { links } = await page(world, '?max_results=10');
				await world.mesh.call({ method: 'POST', path: `admin/message/${ids[9]}/event`, as: null, body: '{"status":"accepted"}' });
				const next = (await world.get(String(links.next).replace('/messageexchange/', ''))).json;
				expect([lostCursor, next.messages]).toEqual([lostCursor, [ids[10], ids[11], ids[9]]]);
			}
		}),
		row('as the NHS sandbox: a cursor whose message was acknowledged begins again', async (world) => {
			world.switch({ lostCursor: 'restart' });
			const ids = await fill(world, 15);
			const { links } = await page(world, '?max_results=10');
			await world.mesh.acknowledge('X26ABC1', ids[9]);
			const second = (await world.get(links.next!.replace('/messageexchange/', ''))).json.messages;
			expect(second).toEqual([...ids.slice(0, 9), ids[10]]);
		}),
		row('an invented version 2 token is 500', async (world) =>
			expectGeneric(await world.get(`X26ABC1/inbox?continue_from=${'x'.repeat(24)}`), 500),
		),
		row('the count covers the whole inbox, whatever the filter', async (world) => {
			await fill(world, 3, 'A1');
			await fill(world, 2, 'B1');
			expect(await page(world, '?workflow_filter=B1')).toMatchObject({
				messages: [expect.anything(), expect.anything()],
				approx_inbox_count: 5,
			});
		}),
		row('with a filter a page may be empty although more follow (a switch)', async (world) => {
			world.switch({ filteredPages: 'scanned' });
			await fill(world, 10, 'A1');
			const [wanted] = await fill(world, 1, 'B1');
			expect(await walk(world, '?max_results=10&workflow_filter=B1')).toEqual([[], [wanted]]);
		}),
		row('data and reports are listed together, oldest accepted first', async (world) => {
			const first = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
			const second = await world.sandbox.putReport({ to: 'X26ABC1' });
			const third = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
			expect((await page(world)).messages).toEqual([first, second, third]);
		}),
		row('a chunked message shows once its last chunk is accepted, at the place of that moment', async (world) => {
			const chunked = await world.startUpload(2, { 'mex-to': 'X26ABC1' });
			const single = await world.send({ 'mex-to': 'X26ABC1' });
			expect((await page(world)).messages).toEqual([single]);
			await world.chunk(chunked, 2, '2:2');
			expect((await page(world)).messages).toEqual([single, chunked]);
		}),
		row('acknowledged, expired and delayed messages are not listed', async (world) => {
			const [acknowledged] = await fill(world, 1);
			await world.mesh.acknowledge('X26ABC1', acknowledged);
			world.switch({ deliveryDelayMs: 60_000 });
			const delayed = await world.send({ 'mex-to': 'X26ABC1' });
			expect((await page(world)).messages).toEqual([]);
			world.sandbox.clock.advance(60_000);
			expect((await page(world)).messages).toEqual([delayed]);
			world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			expect((await page(world)).messages).not.toContain(delayed);
		}),
	],
};

const WORKFLOWS = ['WF1', 'WF2', 'WF1_ACK', 'x_AC', 'A', '!X', 'A*B', '=WF1', ''];

/** What each filter lets through of the workflows above. */
const FILTERS: Array<[filter: string, meaning: string, passes: string[]]> = [
	['WF1', 'equals', ['WF1']],
	['!WF1', 'does not equal', ['WF2', 'WF1_ACK', 'x_AC', 'A', '!X', 'A*B', '=WF1', '']],
	['WF1*', 'begins with', ['WF1', 'WF1_ACK']],
	['!WF1*', 'does not begin with', ['WF2', 'x_AC', 'A', '!X', 'A*B', '=WF1', '']],
	['*_ACK*', 'contains', ['WF1_ACK']],
	['!*_ACK*', 'does not contain', ['WF1', 'WF2', 'x_AC', 'A', '!X', 'A*B', '=WF1', '']],
	['wf1', 'matches by case', []],
	[' WF1 ', 'loses its outer spaces', ['WF1']],
	['*_ACK', 'without a closing star loses its last character', ['WF1_ACK', 'x_AC']],
	['*A', 'with a single character left matches everything', WORKFLOWS],
	['**', 'matches everything', WORKFLOWS],
	['***', 'matches everything', WORKFLOWS],
	['!*', 'matches nothing', []],
	['A*B', 'with a star inside is a literal', ['A*B']],
	['!!X', 'is no double negation', ['WF1', 'WF2', 'WF1_ACK', 'x_AC', 'A', 'A*B', '=WF1', '']],
	['=WF1', 'has no special equals sign', ['=WF1']],
];

export const filters: Topic = {
	title: 'Workflow filter',
	rows: FILTERS.map(([filter, meaning, passes]) =>
		row(`"${filter}" ${meaning}`, async (world) => {
			const names = new Map<string, string>();
			for (const workflowId of WORKFLOWS)
				names.set(await world.sandbox.putMessage({ to: 'X26ABC1', workflowId, content: 'x' }), workflowId);
			const { messages } = await page(world, `?workflow_filter=${encodeURIComponent(filter)}`);
			expect(messages.map((id) => names.get(id))).toEqual(passes);
		}),
	),
};
