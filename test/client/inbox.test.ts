import fc from 'fast-check';
import { isMeshError } from '../../nodes/Mesh/client';
import type { InboxPage, InboxQuery, MeshClient, WorkflowFilter } from '../../nodes/Mesh/client';
import { continueToken, workflowFilterText } from '../../nodes/Mesh/client/inbox';
import { failureOf, useWorld, thrownBy } from './world';
import type { World } from './world';
import { cases } from '../support/cases';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.client();
});
beforeEach(() => {
	world.sandbox.behaviour.filteredPages = 'filled';
});

async function pages(query?: InboxQuery): Promise<InboxPage[]> {
	const found: InboxPage[] = [];
	for await (const page of client.listInbox(query)) found.push(page);
	return found;
}

async function fill(count: number, workflowId = 'WF'): Promise<string[]> {
	const ids: string[] = [];
	for (let at = 0; at < count; at++) ids.push(await world.sandbox.putMessage({ to: 'X26ABC1', workflowId, content: 'x' }));
	return ids;
}

describe('listing the inbox', () => {
	test('is one request for an empty one, on one connection', async () => {
		const before = world.sandbox.connections.accepted;
		expect(await pages()).toEqual([{ messageIds: [], approximateInboxCount: 0, hasMore: false }]);
		expect(await pages()).toHaveLength(1);
		expect(world.calls()).toEqual(['list', 'list']);
		expect(world.sandbox.connections.accepted - before).toBeLessThanOrEqual(1);
	});

	test('goes through all pages, oldest message first', async () => {
		const ids = await fill(35);
		const found = await pages({ pageSize: 10 });
		expect(found.map(({ messageIds }) => messageIds.length)).toEqual([10, 10, 10, 5]);
		expect(found.flatMap(({ messageIds }) => messageIds)).toEqual(ids);
		expect(found.map(({ hasMore }) => hasMore)).toEqual([true, true, true, false]);
		expect(found[0].approximateInboxCount).toBe(35);
	});

	test('fetches a page only when it is asked for', async () => {
		await fill(25);
		for await (const page of client.listInbox({ pageSize: 10 })) {
			expect(page.messageIds).toHaveLength(10);
			break;
		}
		expect(world.calls()).toEqual(['list']);
	});

	test('passes over pages that a filter left empty, because more may follow', async () => {
		world.sandbox.behaviour.filteredPages = 'scanned';
		await fill(25, 'OTHER');
		const [wanted] = await fill(1, 'WANTED');
		const found = await pages({ pageSize: 10, workflowFilter: { mode: 'equals', text: 'WANTED' } });
		expect(found.map(({ messageIds }) => messageIds)).toEqual([[wanted]]);
		expect(world.calls().length).toBeGreaterThan(2);
	});

	test.each<[InboxQuery['workflowFilter'], string[]]>([
		[{ mode: 'equals', text: 'AB' }, ['AB']],
		[{ mode: 'equals', negate: true, text: 'AB' }, ['ABC', 'XAB', 'XABC']],
		[{ mode: 'beginsWith', text: 'AB' }, ['AB', 'ABC']],
		[{ mode: 'beginsWith', negate: true, text: 'AB' }, ['XAB', 'XABC']],
		[{ mode: 'contains', text: 'ABC' }, ['ABC', 'XABC']],
		[{ mode: 'contains', negate: true, text: 'ABC' }, ['AB', 'XAB']],
	])('with the filter %j shows only %j', async (workflowFilter, expected) => {
		const names = new Map<string, string>();
		for (const name of ['AB', 'ABC', 'XAB', 'XABC']) names.set((await fill(1, name))[0], name);
		expect((await pages({ workflowFilter })).flatMap(({ messageIds }) => messageIds).map((id) => names.get(id))).toEqual(expected);
	});

	test.each([9, 5_001, 10.5])('refuses a page of %d before asking', async (pageSize) => {
		expect(await failureOf(pages({ pageSize }))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'pageSize' });
		expect(world.calls()).toEqual([]);
	});

	const next = (link: string, ids: string[] = []) => JSON.stringify({ messages: ids, links: { next: link } });
	test('ends when the pages go round in a circle', async () => {
		const link = '/messageexchange/X26ABC1/inbox?continue_from=abcdefghijklmnopqrstuvwxyz';
		world.sandbox.arm({ call: 'list', times: 100, fault: { kind: 'status', status: 200, body: next(link) } });
		expect((await pages()).at(-1)).toMatchObject({
			hasMore: true,
			problem: { code: 'MESH_PROTOCOL', message: expect.stringMatching(/circle/) },
		});
		expect(world.calls()).toEqual(['list', 'list']);
	});

	test('never follows a link to another host', async () => {
		world.sandbox.arm({
			call: 'list',
			times: 100,
			fault: { kind: 'status', status: 200, body: next('https://evil.example/messageexchange/X26ABC1/inbox?continue_from=a', ['M1']) },
		});
		expect(await pages()).toEqual([
			{
				messageIds: ['M1'],
				hasMore: true,
				problem: expect.objectContaining({ code: 'MESH_PROTOCOL', message: expect.stringMatching(/another host/) }),
			},
		]);
		expect(world.calls()).toEqual(['list']);
	});

	test.each([[null], [5], [{}], ['a b'], ['..'], ['']])(
		'keeps the message IDs of a page that holds %j as well, and says so',
		async (odd) => {
			world.sandbox.arm({ call: 'list', fault: { kind: 'status', status: 200, body: JSON.stringify({ messages: ['M1', odd, 'M2'] }) } });
			expect(await pages()).toEqual([
				{
					messageIds: ['M1', 'M2'],
					hasMore: false,
					problem: expect.objectContaining({ message: expect.stringMatching(/1 of the 3 entries/) }),
				},
			]);
		},
	);

	test.each([
		['no messages', '{}'],
		['messages that are no list', '{"messages":{"0":"ID"}}'],
		['an ID that is no text', '{"messages":[5]}'],
		['an ID with a line break', '{"messages":["a\\nb"]}'],
		['an ID that is endless', JSON.stringify({ messages: ['a'.repeat(1_000)] })],
		['a list instead of an object', '["ID"]'],
		['no JSON', 'hello'],
		['nothing', ''],
	])('does not believe an answer with %s', async (_what, body) => {
		world.sandbox.arm({ call: 'list', times: 100, fault: { kind: 'status', status: 200, body } });
		expect(await failureOf(pages())).toMatchObject({ code: 'MESH_PROTOCOL', call: 'list the inbox', temporary: true });
	});

	test('asks again when an answer came damaged', async () => {
		const [id] = await fill(1);
		world.sandbox.arm({ call: 'list', fault: { kind: 'garbageJson' } });
		world.sandbox.arm({ call: 'list', fault: { kind: 'resetInResponseBody', afterBytes: 5 } });
		expect((await pages())[0].messageIds).toEqual([id]);
		expect(world.calls()).toEqual(['list', 'list', 'list']);
	});

	test('an approximate count that is no number is left out, as it is for display only', async () => {
		world.sandbox.arm({
			call: 'list',
			fault: { kind: 'status', status: 200, body: '{"messages":[],"approx_inbox_count":"many","links":null}' },
		});
		expect(await pages()).toEqual([{ messageIds: [], hasMore: false }]);
	});
});

describe('the headers of a message', () => {
	test('come without its content', async () => {
		const id = await world.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC2',
			workflowId: 'WF',
			content: ['one', 'two'],
			subject: 'S',
			fileName: 'f.txt',
		});
		expect(await client.getHeaders(` ${id} `)).toMatchObject({
			messageId: id,
			messageType: 'DATA',
			from: 'X26ABC2',
			to: 'X26ABC1',
			workflowId: 'WF',
			subject: 'S',
			fileName: 'f.txt',
			chunkCount: 2,
		});
	});

	test('of an unknown message are a 404, of which MESH gives no more to a HEAD', async () => {
		expect(await failureOf(client.getHeaders('NOPE'))).toMatchObject({
			code: 'MESH_STATUS',
			httpStatus: 404,
			messageId: 'NOPE',
			meshText: undefined,
		});
	});

	test('of another message than the one asked for are not believed', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		world.sandbox.arm({ call: 'head', times: 9, fault: { kind: 'wrongHeader', headers: { 'mex-messageid': 'OTHER' } } });
		expect(await failureOf(client.getHeaders(id))).toMatchObject({ code: 'MESH_INTEGRITY', messageId: id });
	});
});

describe('acknowledging', () => {
	test('takes a message out of the inbox, and may be repeated', async () => {
		const [id] = await fill(1);
		await client.acknowledge(id);
		await client.acknowledge(id);
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
		expect(world.sandbox.message(id)?.status).toBe('acknowledged');
	});

	test('is repeated when the answer is lost, because it is as good twice as once', async () => {
		const [id] = await fill(1);
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'resetAfterProcessing' } });
		await client.acknowledge(id);
		expect(world.calls()).toEqual(['acknowledge', 'acknowledge']);
	});

	test('of an unknown message is refused by MESH with its reason', async () => {
		expect(await failureOf(client.acknowledge('NOPE'))).toMatchObject({
			code: 'MESH_STATUS',
			httpStatus: 404,
			meshCode: '20',
			messageId: 'NOPE',
		});
	});

	test.each(['', ' ', 'a b', 'a\nb', 'a'.repeat(201)])('of %j is refused before asking', async (id) => {
		expect(await failureOf(client.acknowledge(id))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'messageId' });
		expect(world.calls()).toEqual([]);
	});

	test('cannot reach another resource, whatever the ID', async () => {
		const [id] = await fill(1);
		expect(await failureOf(client.acknowledge(`../inbox/${id}`))).toMatchObject({ code: 'MESH_STATUS', httpStatus: 404 });
		expect(world.sandbox.inbox('X26ABC1')).toEqual([id]);
	});
});

describe('the link to the next page', () => {
	const origin = 'https://mesh.example:8443';
	const inbox = '/messageexchange/X26ABC1/inbox';
	const read = (next: unknown) => continueToken(next, origin, inbox);

	test('the token is taken out of a relative link and decoded', () => {
		expect(read(`${inbox}?max_results=10&continue_from=eyJhIjoxfQ%3D%3D`)).toBe('eyJhIjoxfQ==');
		expect(read('/messageexchange/x26abc1/INBOX?continue_from=abc')).toBe('abc');
		expect(read(`${origin}${inbox}?continue_from=abc`)).toBe('abc');
	});

	test.each([undefined, null, ''])('%p means that no page follows', (next) => {
		expect(read(next)).toBeUndefined();
	});

	test.each([
		['another host', `https://evil.example${inbox}?continue_from=abc`],
		['another host without a scheme', `//evil.example${inbox}?continue_from=abc`],
		['another port', `https://mesh.example${inbox}?continue_from=abc`],
		['another scheme', `http://mesh.example:8443${inbox}?continue_from=abc`],
		['a host hidden behind a user name', `https://mesh.example:8443@evil.example${inbox}?continue_from=abc`],
		['another mailbox', '/messageexchange/OTHER/inbox?continue_from=abc'],
		['another resource', `${inbox}/ID1/status/acknowledged?continue_from=abc`],
		['another resource by steps', `${inbox}/../outbox?continue_from=abc`],
		['no token', `${inbox}?max_results=10`],
		['an empty token', `${inbox}?continue_from=`],
		['an endless token', `${inbox}?continue_from=${'a'.repeat(1_001)}`],
		['no link at all', 42],
		['an address of no page', 'http://'],
	])('a link to %s is refused, because it comes from the server', (_what, next) => {
		expect(thrownBy(() => read(next))).toMatchObject({ code: 'MESH_PROTOCOL' });
	});

	test('no link leads away or ends in another error', () => {
		const link = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.webUrl({ withQueryParameters: true }),
			fc.string().map((text) => `${inbox}?continue_from=${text}`),
			fc.jsonValue(),
		);
		fc.assert(
			fc.property(link, (next) => {
				try {
					const token = read(next);
					return token === undefined || (token.length > 0 && token.length <= 1_000);
				} catch (error) {
					return isMeshError(error) && error.code === 'MESH_PROTOCOL';
				}
			}),
			{ numRuns: cases(10_000) },
		);
	});
});

describe('a workflow filter', () => {
	test.each<[WorkflowFilter, string]>([
		[{ mode: 'equals', text: 'WF1' }, 'WF1'],
		[{ mode: 'equals', negate: true, text: 'WF1' }, '!WF1'],
		[{ mode: 'beginsWith', text: 'WF' }, 'WF*'],
		[{ mode: 'beginsWith', negate: true, text: 'WF' }, '!WF*'],
		[{ mode: 'contains', text: '_ACK' }, '*_ACK*'],
		[{ mode: 'contains', negate: true, text: '_ACK' }, '!*_ACK*'],
		[{ mode: 'beginsWith', text: 'W' }, 'W*'],
	])('%j is %s in the grammar of MESH', (filter, value) => {
		expect(workflowFilterText(filter)).toBe(value);
	});

	test.each<[string, WorkflowFilter]>([
		['nothing', { mode: 'contains', text: ' ' }],
		['a star, which MESH gives another meaning by its place', { mode: 'equals', text: 'A*B' }],
		['an exclamation mark in front', { mode: 'equals', text: '!A' }],
		['one character', { mode: 'equals', text: 'A' }],
		['too much', { mode: 'equals', text: 'A'.repeat(256) }],
		['more than fits with its signs', { mode: 'contains', negate: true, text: 'A'.repeat(253) }],
		['a letter outside ASCII', { mode: 'equals', text: 'WÉ' }],
	])('%s is refused', (_what, filter) => {
		expect(thrownBy(() => workflowFilterText(filter))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'workflowFilterText' });
	});

	/** What MESH makes of a filter (MESH API, workflow filter). */
	function matches(filter: string, workflowId: string): boolean {
		if (filter.startsWith('!')) return !matches(filter.slice(1), workflowId);
		if (filter.startsWith('*') && filter.endsWith('*')) return workflowId.includes(filter.slice(1, -1));
		return filter.endsWith('*') ? workflowId.startsWith(filter.slice(0, -1)) : workflowId === filter;
	}

	test('MESH reads every filter that is built as it was meant', () => {
		const name = fc.string({ unit: fc.constantFrom('A', 'B', '_', '!', '-'), minLength: 1, maxLength: 5 });
		const filter = fc.record({
			mode: fc.constantFrom('equals', 'beginsWith', 'contains'),
			negate: fc.boolean(),
			text: name.filter((text) => !text.startsWith('!') && text.length > 1),
		});
		fc.assert(
			fc.property(filter, name, ({ mode, negate, text }, workflowId) => {
				const meant = { equals: workflowId === text, beginsWith: workflowId.startsWith(text), contains: workflowId.includes(text) }[mode];
				return matches(workflowFilterText({ mode, negate, text } as WorkflowFilter), workflowId) === (meant !== negate);
			}),
			{ numRuns: cases(5_000) },
		);
	});
});
