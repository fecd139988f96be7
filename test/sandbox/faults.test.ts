import { randomBytes } from 'node:crypto';
import { Faults } from '../../sandbox/faults/faults';
import { MovableClock } from '../../sandbox/clock';
import type { Fault } from '../../sandbox';
import { sandboxForTests, token, withSandbox } from './support/caller';

const code = async (attempt: Promise<unknown>) =>
	attempt.then(
		() => 'answered',
		(error: NodeJS.ErrnoException) => error.code ?? error.message,
	);

describe('which requests a rule strikes', () => {
	const struck = (rule: Omit<Parameters<Faults['arm']>[0], 'fault'>, targets: Array<Partial<Parameters<Faults['take']>[0]>>) => {
		const faults = new Faults(new MovableClock(() => 0));
		faults.arm({ ...rule, fault: { kind: 'emptyForbidden' } });
		return targets.map(
			(target) => faults.take({ call: 'list', method: 'GET', path: '/messageexchange/X26ABC1/inbox', ...target }) !== undefined,
		);
	};

	it('is the next one when nothing is said, once', () => expect(struck({}, [{}, {}])).toEqual([true, false]));
	it('goes by call, one or several', () => {
		expect(struck({ call: 'send' }, [{}, { call: 'send' }])).toEqual([false, true]);
		expect(struck({ call: ['send', 'list'], times: 2 }, [{}, { call: 'send' }, { call: 'send' }])).toEqual([true, true, false]);
	});
	it('goes by method, chunk and path, all of which must fit', () => {
		expect(struck({ method: 'post' }, [{}, { method: 'POST' }])).toEqual([false, true]);
		expect(struck({ chunk: 2 }, [{ chunk: 1 }, {}, { chunk: 2 }])).toEqual([false, false, true]);
		expect(struck({ path: 'X26ABC2', call: 'list' }, [{}, { path: '/messageexchange/X26ABC2/inbox' }])).toEqual([false, true]);
		expect(struck({ path: /inbox$/g, times: 2 }, [{}, { path: '/x' }, {}])).toEqual([true, false, true]);
	});
	it('skips as many as it is told to, then strikes as many times as it is told to', () => {
		expect(struck({ skip: 1, times: 2 }, [{}, {}, {}, {}])).toEqual([false, true, true, false]);
	});
});

describe('faults on the wire', () => {
	const world = sandboxForTests();
	const LARGE = randomBytes(1_500_000);
	const strike = async (fault: Fault, path = 'X26ABC2/inbox/ID') => {
		world.sandbox.arm({ fault });
		return world.mesh.call({ path: path.replace('ID', id) });
	};
	let id: string;
	beforeAll(async () => {
		id = await world.sandbox.putMessage({ to: 'X26ABC2', content: LARGE });
	});
	afterEach(() => world.sandbox.clearFaults());

	it("status: with headers and body as given, or MESH's generic body", async () => {
		const given = await strike({ kind: 'status', status: 429, headers: { 'Retry-After': '3' }, body: 'slow down' });
		expect([given.status, given.headers['retry-after'], given.text]).toEqual([429, '3', 'slow down']);
		expect((await strike({ kind: 'status', status: 503 })).json).toEqual({ message: expect.stringContaining('internal error') as string });
	});

	it('xmlError, emptyForbidden', async () => {
		const xml = await strike({ kind: 'xmlError' });
		expect([xml.status, xml.headers['content-type'], xml.text]).toEqual([
			500,
			'text/xml; charset=utf-8',
			expect.stringMatching(/^<\?xml .*Fault/),
		]);
		const empty = await strike({ kind: 'emptyForbidden' });
		expect([empty.status, empty.text]).toEqual([403, '']);
	});

	it('garbageJson: the status stays, the JSON is broken, the request took effect', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'garbageJson' } });
		const reply = await world.mesh.call({
			method: 'POST',
			path: 'X26ABC1/outbox',
			headers: { 'mex-to': 'X26ABC3', 'mex-workflowid': 'W' },
			body: 'x',
		});
		expect(reply.status).toBe(202);
		expect(() => reply.json).toThrow();
		expect(world.sandbox.inbox('X26ABC3').length).toBe(1);
		await world.sandbox.reset();
		id = await world.sandbox.putMessage({ to: 'X26ABC2', content: LARGE });
	});

	const sendFails = async (fault: Fault, body: Buffer = LARGE) => {
		world.sandbox.arm({ call: 'send', fault });
		const before = world.sandbox.inbox('X26ABC3').length;
		const result = await code(world.mesh.send('X26ABC1', 'X26ABC3', body));
		return { result, delivered: world.sandbox.inbox('X26ABC3').length - before };
	};

	it('resetBeforeProcessing: nothing is done', async () => {
		expect(await sendFails({ kind: 'resetBeforeProcessing' })).toEqual({ result: 'ECONNRESET', delivered: 0 });
	});

	it('resetInRequestBody: nothing is done, even if the body is shorter', async () => {
		expect(await sendFails({ kind: 'resetInRequestBody', afterBytes: 100_000 })).toEqual({
			result: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string,
			delivered: 0,
		});
		expect(await sendFails({ kind: 'resetInRequestBody', afterBytes: 100 }, Buffer.from('short'))).toEqual({
			result: 'ECONNRESET',
			delivered: 0,
		});
	});

	it('resetAfterProcessing: the message is there although the sender never hears of it', async () => {
		expect(await sendFails({ kind: 'resetAfterProcessing' })).toEqual({ result: 'ECONNRESET', delivered: 1 });
	});

	it('resetInResponseBody: so many bytes and not one more', async () => {
		expect(await code(strike({ kind: 'resetInResponseBody', afterBytes: 300_000 }))).toBe('ECONNRESET');
		expect(await code(strike({ kind: 'resetInResponseBody', afterBytes: 9_999_999 }))).toBe('ECONNRESET');
		expect(await code(strike({ kind: 'resetInResponseBody', afterBytes: 0 }, 'X26ABC1/count'))).toBe('ECONNRESET');
	});

	it('resetInResponseBody without a body to be in: the answer is lost, the acknowledgement stands', async () => {
		const other = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'resetInResponseBody', afterBytes: 1 } });
		expect(await code(world.mesh.acknowledge('X26ABC2', other))).toBe('ECONNRESET');
		expect(world.sandbox.message(other)?.status).toBe('acknowledged');
	});

	it('truncate: closes short of the announced length, or announces the short one', async () => {
		expect(await code(strike({ kind: 'truncate', bytes: 1000, length: 'kept' }))).toBe('ECONNRESET');
		const adjusted = await strike({ kind: 'truncate', bytes: 1000, length: 'adjusted' });
		expect([adjusted.status, adjusted.headers['content-length'], adjusted.body.equals(LARGE.subarray(0, 1000))]).toEqual([
			200,
			'1000',
			true,
		]);
		const list = await strike({ kind: 'truncate', bytes: 5, length: 'adjusted' }, 'X26ABC2/inbox');
		expect(list.text).toBe('{"mes');
	});

	it('wrongHeader: replaced, added or removed, a wrong length included', async () => {
		const reply = await strike({ kind: 'wrongHeader', headers: { 'Mex-Chunk-Range': '1:9', 'x-new': 'y', 'mex-from': '' } });
		expect([reply.headers['mex-chunk-range'], reply.headers['x-new'], reply.headers['mex-from']]).toEqual(['1:9', 'y', undefined]);
		const short = await strike({ kind: 'wrongHeader', headers: { 'content-length': '4' } }, 'X26ABC1/count').catch(
			(error: Error) => error.message,
		);
		expect(typeof short === 'string' || short.text.length === 4).toBe(true);
	});

	it("duplicateChunk: the neighbour's bytes under the neighbour's number", async () => {
		const chunked = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['one', 'two'] });
		world.sandbox.arm({ call: 'downloadChunk', chunk: 2, fault: { kind: 'duplicateChunk' } });
		world.sandbox.arm({ call: 'download', fault: { kind: 'duplicateChunk' } });
		const second = await world.mesh.call({ path: `X26ABC2/inbox/${chunked}/2` });
		expect([second.status, second.text, second.headers['mex-chunk-range']]).toEqual([200, 'one', '1:2']);
		const first = await world.mesh.call({ path: `X26ABC2/inbox/${chunked}` });
		expect([first.status, first.text, first.headers['mex-chunk-range']]).toEqual([206, 'two', '2:2']);
		const single = await strike({ kind: 'duplicateChunk' });
		expect([single.headers['mex-chunk-range'], single.body.equals(LARGE)]).toEqual(['2:1', true]);
	});

	it('refuseConnections: new connections are reset, for so long by the sandbox clock or so many times', async () => {
		const fresh = () => world.mesh.call({ path: '_ping', as: null, headers: { connection: 'close' } });
		await fresh();
		world.mesh.close();
		world.sandbox.arm({ fault: { kind: 'refuseConnections', ms: 60_000 } });
		expect([await code(fresh()), await code(fresh())]).toEqual(['ECONNRESET', 'ECONNRESET']);
		world.sandbox.clock.advance(60_000);
		expect(await code(fresh())).toBe('answered');
		world.mesh.close();
		world.sandbox.arm({ times: 1, fault: { kind: 'refuseConnections', ms: 60_000 } });
		expect([await code(fresh()), await code(fresh())]).toEqual(['ECONNRESET', 'answered']);
	});

	it("truncate without framing: the connection's end is the body's, and looks like a whole one", async () => {
		const cut = await strike({ kind: 'truncate', bytes: 1000, length: 'none' });
		expect([cut.status, cut.headers['content-length'], cut.headers['transfer-encoding'], cut.body.length]).toEqual([
			200,
			undefined,
			undefined,
			1000,
		]);
	});

	it('wrongHeader with a list: one line for each value', async () => {
		const reply = await strike({ kind: 'wrongHeader', headers: { 'mex-chunk-range': ['1:2', '1:3'] } });
		expect(reply.headers['mex-chunk-range']).toBe('1:2, 1:3');
	});

	it('unsolicitedContinue: 100 before the usual answer', async () => {
		let informed = 0;
		world.sandbox.arm({ fault: { kind: 'unsolicitedContinue' } });
		const reply = await world.mesh.call({ path: 'X26ABC1/count', onInformation: () => informed++ });
		expect([informed, reply.status, reply.json]).toEqual([1, 200, { count: 0 }]);
	});

	it.each<[string, Extract<Fault, { kind: 'foreignAnswer' }>, object, string]>([
		[
			'a maintenance page',
			{ kind: 'foreignAnswer', status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>soon</html>' },
			{ 'content-type': 'text/html', 'content-length': '17' },
			'<html>soon</html>',
		],
		['nothing at all', { kind: 'foreignAnswer', status: 410 }, { 'content-length': '0' }, ''],
		['204', { kind: 'foreignAnswer', status: 204 }, {}, ''],
		['205', { kind: 'foreignAnswer', status: 205 }, { 'content-length': '0' }, ''],
		[
			'JSON behind a BOM, chunked',
			{ kind: 'foreignAnswer', status: 200, headers: { 'content-type': 'application/json' }, body: '\uFEFF{"a":1}', framing: 'chunked' },
			{ 'transfer-encoding': 'chunked', 'content-type': 'application/json' },
			'\uFEFF{"a":1}',
		],
		[
			'a body ended by the connection',
			{ kind: 'foreignAnswer', status: 200, body: 'whole', framing: 'untilClose' },
			{ connection: 'close' },
			'whole',
		],
		[
			'one cut short so',
			{ kind: 'foreignAnswer', status: 200, body: 'whole', framing: 'untilClose', cutAfter: 3 },
			{ connection: 'close' },
			'who',
		],
		[
			'two lines of a name',
			{ kind: 'foreignAnswer', status: 206, headers: { 'mex-chunk-range': ['1:2', '2:2'] } },
			{ 'mex-chunk-range': '1:2, 2:2', 'content-length': '0' },
			'',
		],
		['after 100 Continue', { kind: 'foreignAnswer', status: 200, continueFirst: true }, { 'content-length': '0' }, ''],
	])('foreignAnswer: %s, exactly as told', async (_name, fault, headers, text) => {
		const reply = await strike(fault);
		// How Node keeps a connection is its own affair; that it closes one is not.
		const shown = Object.entries(reply.headers).filter(([name, value]) => name !== 'keep-alive' && value !== 'keep-alive');
		expect([reply.status, Object.fromEntries(shown), reply.text]).toEqual([fault.status, headers, text]);
	});

	it('foreignAnswer: cut short of its length', async () => {
		expect(await code(strike({ kind: 'foreignAnswer', status: 200, body: 'whole', cutAfter: 2 }))).toBe('ECONNRESET');
		expect(await code(strike({ kind: 'foreignAnswer', status: 200, body: 'whole', framing: 'chunked', cutAfter: 2 }))).toBe('ECONNRESET');
	});

	it('foreignAnswer: nothing is done, the body is read', async () => {
		const before = world.sandbox.inbox('X26ABC3').length;
		world.sandbox.arm({ call: 'send', fault: { kind: 'foreignAnswer', status: 202, body: '{}' } });
		const reply = await world.mesh.call({
			method: 'POST',
			path: 'X26ABC1/outbox',
			headers: { 'mex-to': 'X26ABC3', 'mex-workflowid': 'W' },
			body: LARGE,
		});
		expect([reply.status, world.sandbox.inbox('X26ABC3').length]).toEqual([202, before]);
	});

	it('uses the token up all the same, so that a client which repeats it is found out', async () => {
		const authorization = token('X26ABC1', world.sandbox.clock.now());
		world.sandbox.arm({ fault: { kind: 'status', status: 503 } });
		expect((await world.mesh.call({ path: 'X26ABC1/count', headers: { authorization } })).status).toBe(503);
		expect((await world.mesh.call({ path: 'X26ABC1/count', headers: { authorization } })).text).toContain('Duplicated');
	});

	it('is named in the request log', async () => {
		await strike({ kind: 'emptyForbidden' });
		expect(world.sandbox.requests.at(-1)).toMatchObject({
			call: 'download',
			status: 403,
			outcome: 'fault: emptyForbidden',
			messageId: id,
			chunk: 1,
		});
	});
});

describe('stalls and late answers', () => {
	it('last until the sandbox closes, which does not wait for them, and leave no answer', async () => {
		let outcome: Promise<string> | undefined;
		await withSandbox({}, async (mesh, sandbox) => {
			const id = await sandbox.putMessage({ to: 'X26ABC2', content: 'some content' });
			sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 4 } });
			sandbox.arm({ call: 'count', fault: { kind: 'stall', where: 'beforeAnswer' } });
			outcome = Promise.all([code(mesh.call({ path: `X26ABC2/inbox/${id}` })), code(mesh.call({ path: 'X26ABC2/count' }))]).then((codes) =>
				codes.join(),
			);
			const silent = [await sandbox.nextSilence(), await sandbox.nextSilence()].map(({ call }) => call);
			expect(silent.sort()).toEqual(['count', 'download']);
		});
		expect(await outcome).toBe('ECONNRESET,ECONNRESET');
	});

	it('late answers come after the effect', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			sandbox.arm({ call: 'send', fault: { kind: 'lateAnswer', ms: 100 } });
			let answered = false;
			const sending = mesh.send('X26ABC1', 'X26ABC2', 'x').then((id) => {
				answered = true;
				return id;
			});
			const silence = await sandbox.nextSilence();
			expect([silence.call, silence.messageId, answered]).toEqual(['send', sandbox.inbox('X26ABC2')[0], false]);
			expect(sandbox.inbox('X26ABC2')).toEqual([await sending]);
		});
	});
});
