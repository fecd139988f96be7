import { gzipSync } from 'node:zlib';
import { sandboxForTests, token, withSandbox } from './support/caller';

describe('send', () => {
	const world = sandboxForTests();
	const post = (headers: Record<string, string>, body: string = 'x', version: 1 | 2 = 2) =>
		world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers, body, version });
	const HEADERS = { 'mex-from': 'X26ABC1', 'mex-to': 'X26ABC2', 'mex-workflowid': 'TEST_WORKFLOW' };

	it('is accepted with the message ID under the name of each version', async () => {
		const v1 = await post(HEADERS, 'one', 1);
		const v2 = await post(HEADERS, 'two');
		expect([v1.status, v2.status]).toEqual([202, 202]);
		expect(Object.keys(v1.json)).toEqual(['messageID']);
		expect(v2.json.message_id).toMatch(/^\d{20}_[0-9A-F]{6}$/);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([v1.json.messageID, v2.json.message_id]);
	});

	it('keeps everything the sender said, upper-cases the recipient and gives a file name', async () => {
		const headers = {
			'mex-to': ' x26abc2 ',
			'mex-workflowid': 'Wf',
			'mex-subject': 'a subject',
			'mex-localid': 'local-1',
			'mex-content-checksum': 'sha256:ab12',
			'mex-partnerid': 'partner',
			'mex-content-encrypted': 'TRUE',
			'mex-content-compressed': 'nope',
			'content-type': 'Text/CSV',
			'mex-from': 'SOMEONE',
			'mex-messagetype': 'REPORT',
		};
		const id = String((await post(headers)).json.message_id);
		expect(world.sandbox.message(id)).toMatchObject({
			type: 'DATA',
			status: 'accepted',
			from: 'X26ABC1',
			to: 'X26ABC2',
			workflowId: 'Wf',
			subject: 'a subject',
			localId: 'local-1',
			checksum: 'sha256:ab12',
			partnerId: 'partner',
			encrypted: true,
			compressed: false,
			contentType: 'text/csv',
			fileName: `${id}.dat`,
			chunkCount: 1,
			bytes: 1,
		});
	});

	it('prefers mex-content-type to content-type', async () => {
		const id = String((await post({ ...HEADERS, 'content-type': 'text/csv', 'mex-content-type': 'application/json' })).json.message_id);
		expect(world.sandbox.message(id)?.contentType).toBe('application/json');
	});

	it('works with a body of unknown length and with Expect: 100-continue', async () => {
		const chunked = await post({ ...HEADERS, 'transfer-encoding': 'chunked' }, 'streamed');
		expect((await world.sandbox.content(String(chunked.json.message_id))).toString()).toBe('streamed');
		const expected = await post({ ...HEADERS, expect: '100-continue' }, 'continued');
		expect((await world.sandbox.content(String(expected.json.message_id))).toString()).toBe('continued');
	});

	it('demands a workflow ID: neither a missing nor an empty one will do', async () => {
		for (const empty of ['', '  ']) {
			const { status, json } = await post({ ...HEADERS, 'mex-workflowid': empty });
			expect([status, json.detail]).toEqual([
				400,
				[expect.objectContaining({ loc: ['header', 'mex-workflowid'], type: 'string_too_short' })],
			]);
		}
		const reply = await post({ 'mex-to': 'X26ABC2' });
		expect([reply.status, reply.headers['content-type']]).toEqual([400, 'application/vnd.mesh.v2+json']);
		expect(reply.json.detail).toEqual([expect.objectContaining({ loc: ['header', 'mex-workflowid'], type: 'missing' })]);
	});

	it.each([
		['mex-to', 100],
		['mex-workflowid', 300],
		['mex-chunk-range', 20],
		['mex-subject', 500],
		['mex-localid', 300],
		['mex-filename', 300],
		['mex-content-checksum', 100],
		['mex-partnerid', 500],
		['mex-content-type', 100],
		['mex-content-encrypted', 20],
		['mex-content-compressed', 20],
	])('limits %s to %i characters', async (name, limit) => {
		const reply = await post({ ...HEADERS, [name]: 'a'.repeat(limit + 1) });
		expect(reply.status).toBe(400);
		expect(reply.json.detail).toEqual([expect.objectContaining({ loc: ['header', name], ctx: { max_length: limit } })]);
		expect((await post({ ...HEADERS, [name]: 'a'.repeat(limit) })).status).not.toBe(400);
	});

	it('names all problems at once', async () => {
		const reply = await post({ 'mex-subject': 'x'.repeat(501) });
		expect((reply.json.detail as unknown[]).length).toBe(3);
	});

	it.each(['mex-to', 'mex-workflowid', 'mex-content-checksum'])('refuses a web address in %s', async (name) => {
		const reply = await post({ ...HEADERS, [name]: 'HTTPS://example.org' });
		expect([reply.status, reply.json]).toEqual([400, { detail: [{ event: 'TRANSFER', code: '06', msg: 'MalformedControlFile' }] }]);
	});

	it.each(['\x01', '\x1f', 'a\tb'])('refuses control characters in a header (%j)', async (value) => {
		const reply = await world.mesh.raw([
			'POST /messageexchange/X26ABC1/outbox HTTP/1.1',
			`authorization: ${token('X26ABC1', world.sandbox.clock.now())}`,
			'mex-to: X26ABC2',
			'mex-workflowid: W',
			`mex-subject: a${value}b`,
			'content-length: 0',
		]);
		expect([reply.status, JSON.parse(reply.text)]).toEqual([
			400,
			{ errorEvent: 'TRANSFER', errorCode: '06', errorDescription: 'MalformedControlFile' },
		]);
	});

	it('passes the bytes of other unusual characters on unharmed', async () => {
		const subject = Buffer.from('Größe £5').toString('latin1');
		const id = String((await post({ ...HEADERS, 'mex-subject': subject })).json.message_id);
		const reply = await world.mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect(Buffer.from(String(reply.headers['mex-subject']), 'latin1').toString()).toBe('Größe £5');
	});

	it.each(['a_b', 'a.b', 'ab==', 'a+b'])(
		'takes the checksum %s with a warning, or refuses it as the NHS sandbox does',
		async (checksum) => {
			const id = String((await post({ ...HEADERS, 'mex-content-checksum': checksum })).json.message_id);
			expect(world.sandbox.message(id)?.checksum).toBe(checksum);
			expect(world.sandbox.requests.at(-1)?.warning).toBe('mex-content-checksum has characters that the NHS sandbox refuses');
			await withSandbox({ behaviour: { checksumCharacters: 'limited' } }, async (mesh) => {
				const reply = await mesh.call({
					method: 'POST',
					path: 'X26ABC1/outbox',
					headers: { ...HEADERS, 'mex-content-checksum': checksum },
					body: 'x',
				});
				expect([reply.status, reply.json]).toEqual([
					400,
					{ detail: [{ event: 'SEND', code: 'Invalid checksum', msg: 'Invalid checksum' }] },
				]);
			});
		},
	);

	it('refuses a blank recipient, an unknown encoding and an empty body', async () => {
		expect((await post({ ...HEADERS, 'mex-to': ' ' })).json).toEqual({ detail: [{ event: 'SEND', code: '08', msg: 'TO_DTS missing' }] });
		const encoded = await post({ ...HEADERS, 'content-encoding': 'br' });
		expect([encoded.status, encoded.text]).toEqual([422, expect.stringContaining('UnsupportedContentEncoding')]);
		const empty = await post(HEADERS, '');
		expect([empty.status, empty.json]).toEqual([
			417,
			{ detail: [{ event: 'COLLECT', code: '02', msg: 'Data file is missing or inaccessible.' }] },
		]);
	});

	it('to an unknown mailbox is refused with an ID under which it can be tracked, and reported to the sender', async () => {
		const reply = await post({ ...HEADERS, 'mex-to': 'NOWHERE', 'mex-localid': 'lost' });
		expect([reply.status, reply.json.detail]).toEqual([417, [{ event: 'SEND', code: '12', msg: 'Unregistered to address' }]]);
		const id = String(reply.json.message_id);
		expect(world.sandbox.message(id)).toMatchObject({ status: 'error', to: 'NOWHERE', statusCode: '12' });
		const report = world.sandbox.messagesTo('X26ABC1').find(({ linkedMessageId }) => linkedMessageId === id);
		expect(report).toMatchObject({ type: 'REPORT', localId: 'lost', statusCode: '12' });
	});

	it('to an unknown mailbox leaves no trace where the NHS sandbox is followed', async () => {
		await withSandbox({ behaviour: { unknownRecipient: 'refusal' } }, async (mesh, sandbox) => {
			const reply = await mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...HEADERS, 'mex-to': 'NOWHERE' }, body: 'x' });
			expect([reply.status, reply.json]).toEqual([417, { detail: [{ event: 'SEND', code: '12', msg: 'Unregistered to address' }] }]);
			expect(sandbox.inbox('X26ABC1')).toEqual([]);
		});
	});

	it('checks in this order: lengths, characters, Accept, recipient, encoding, range, mailbox, body', async () => {
		const wrong: Record<string, string> = {
			'mex-to': ' ',
			'mex-workflowid': 'w'.repeat(301),
			'mex-subject': 'http',
			'mex-content-checksum': '_',
			accept: 'application/vnd.mesh.v2',
			'content-encoding': 'br',
			'mex-chunk-range': '2:2',
		};
		world.sandbox.behaviour.checksumCharacters = 'limited';
		const seen: string[] = [];
		const next = async (fix: Record<string, string>, drop: string[] = []) => {
			seen.push((await post(wrong, '')).text);
			Object.assign(wrong, fix);
			for (const name of drop) delete wrong[name];
		};
		await next({ 'mex-workflowid': 'w' });
		await next({ 'mex-content-checksum': 'a' });
		await next({}, ['accept']);
		await next({ 'mex-to': 'NOWHERE' });
		await next({}, ['content-encoding']);
		await next({ 'mex-chunk-range': '1:1' });
		await next({ 'mex-to': 'X26ABC2' });
		await next({});
		expect(seen).toEqual(
			[
				'string_too_long',
				'Invalid checksum',
				'Accept header',
				'TO_DTS missing',
				'UnsupportedContentEncoding',
				'InvalidHeaderChunks',
				'Unregistered',
				'Data file is missing',
			].map((text) => expect.stringContaining(text) as string),
		);
	});
});

describe('a request that is too large', () => {
	it('is 413, whether its length is announced or not, and leaves nothing behind', async () => {
		await withSandbox({ maximumRequestBytes: 1000 }, async (mesh, sandbox) => {
			const headers = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' };
			const send = (bytes: number, more: Record<string, string> = {}) =>
				mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...headers, ...more }, body: Buffer.alloc(bytes, 'x') });
			expect((await send(1000)).status).toBe(202);
			expect((await send(1001)).status).toBe(413);
			expect((await send(1001, { 'transfer-encoding': 'chunked' })).status).toBe(413);
			expect(sandbox.inbox('X26ABC2').length).toBe(1);
			const [id] = sandbox.inbox('X26ABC2');
			expect((await sandbox.content(id)).length).toBe(1000);
		});
	});
});

describe('message IDs', () => {
	it('are 32 hexadecimal capitals where the NHS sandbox is followed', async () => {
		await withSandbox({ behaviour: { messageIds: 'hex' } }, async (mesh) => {
			expect(await mesh.send('X26ABC1', 'X26ABC2', 'x')).toMatch(/^[0-9A-F]{32}$/);
		});
	});

	it('never repeat and sort by age, even under a clock that stands still', async () => {
		await withSandbox({ now: () => Date.UTC(2026, 0, 1) }, async (_mesh, sandbox) => {
			const ids = await Promise.all(Array.from({ length: 50 }, () => sandbox.putMessage({ to: 'X26ABC1', content: 'x' })));
			expect(new Set(ids).size).toBe(50);
			expect([...ids].sort()).toEqual(ids);
		});
	});
});

describe('chunked sending', () => {
	const world = sandboxForTests();
	const range = (text: string) => ({ 'mex-chunk-range': text });

	it('delivers only when the last chunk is in, and joins the chunks in order', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'one ', range('1:3'));
		expect(world.sandbox.message(id)).toMatchObject({ status: 'uploading', chunkCount: 3, chunks: [1] });
		const second = await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'two ');
		expect([second.status, second.json]).toEqual([202, { message_id: id }]);
		expect(await world.mesh.list('X26ABC2')).not.toContain(id);
		await world.mesh.sendChunk('X26ABC1', id, 3, 3, 'three');
		expect(await world.mesh.list('X26ABC2')).toContain(id);
		expect((await world.sandbox.content(id)).toString()).toBe('one two three');
	});

	it('answers message ID and block ID in v1, and null in v2 where the NHS sandbox is followed', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		const v1 = await world.mesh.call({ method: 'POST', path: `X26ABC1/outbox/${id}/2`, headers: range('2:3'), body: 'b', version: 1 });
		expect([v1.status, v1.json]).toEqual([202, { messageID: id, blockID: 2 }]);
		world.sandbox.behaviour.answers = 'nhsSandbox';
		const v2 = await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'b');
		world.sandbox.behaviour.answers = 'specification';
		expect([v2.text, v2.headers['content-type']]).toEqual(['null', 'application/json']);
	});

	it('takes a single message declared as 1:1', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:1'));
		expect(world.sandbox.message(id)?.status).toBe('accepted');
	});

	it.each(['2:2', '0:1', '1', 'a:b', '2:1', '{1:2}'])('refuses a first range of %s without an ID', async (text) => {
		const headers = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W', ...range(text) };
		const reply = await world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers, body: 'x' });
		expect([reply.status, reply.json.message_id, reply.text]).toEqual([417, undefined, expect.stringContaining('InvalidHeaderChunks')]);
	});

	it('refuses later chunks that do not fit, each in its own way', async () => {
		const { mesh } = world;
		const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		const chunk = (path: string, headers: Record<string, string>) => mesh.call({ method: 'POST', path, headers, body: 'x' });
		for (const headers of [{}, range('3:3'), range('2'), range('0:3'), range('2:1')] as Array<Record<string, string>>) {
			const reply = await chunk(`X26ABC1/outbox/${id}/2`, headers);
			expect([reply.status, reply.json.message_id]).toEqual([417, id]);
		}
		expect((await chunk(`X26ABC1/outbox/${id}/2`, range('2'.repeat(21)))).status).toBe(400);
		expect((await chunk(`X26ABC1/outbox/${id}/two`, range('2:3'))).status).toBe(400);
		expect((await chunk('X26ABC1/outbox/NOTHERE/2', range('2:3'))).json).toEqual({ detail: [{ event: '', code: '', msg: 'Not Found' }] });
		expect((await chunk(`X26ABC3/outbox/${id}/2`, range('2:3'))).status).toBe(403);
		expect((await chunk(`X26ABC1/outbox/${id}/4`, range('4:4'))).status).toBe(406);
		const encoded = await chunk(`X26ABC1/outbox/${id}/2`, { ...range('2:3'), 'content-encoding': 'gzip' });
		expect([encoded.status, encoded.json]).toEqual([417, { detail: [{ event: '', code: '', msg: 'cannot change content encoding' }] }]);
		expect(world.sandbox.message(id)).toMatchObject({ status: 'uploading', chunks: [1] });
	});

	it('wants gzip on every chunk of a gzip message, and unpacks each on its own', async () => {
		const gzip = { 'content-encoding': ' GZIP ' };
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', gzipSync('one '), { ...range('1:2'), ...gzip });
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 2, gzipSync('two'))).status).toBe(417);
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 2, gzipSync('two'), gzip)).status).toBe(202);
		expect((await world.sandbox.content(id)).toString()).toBe('one two');
	});

	it('takes a chunk again while uploading (the last upload wins), and answers 423 once the message is final', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		for (const body of ['first', 'second']) await world.mesh.sendChunk('X26ABC1', id, 2, 3, body);
		await world.mesh.sendChunk('X26ABC1', id, 3, 3, '!');
		const late = await world.mesh.sendChunk('X26ABC1', id, 3, 3, '?');
		expect([late.status, late.json]).toEqual([423, { message: 'An internal error occurred.\n\nPlease contact support.' }]);
		expect((await world.sandbox.content(id)).toString()).toBe('asecond!');
	});

	it('finalises with holes when the last chunk comes early: the receiver then gets 404 for what is missing', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		expect((await world.mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(202);
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${id}/2` })).status).toBe(404);
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'b')).status).toBe(423);
		await expect(world.sandbox.content(id)).rejects.toThrow();
	});

	it('refuses to finalise with holes where the switch says so', async () => {
		await withSandbox({ behaviour: { chunkHoles: 'refuse' } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
			expect((await mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(417);
			await mesh.sendChunk('X26ABC1', id, 2, 3, 'b');
			expect((await mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(202);
			expect((await sandbox.content(id)).toString()).toBe('abc');
		});
	});

	it("warns in the request log of chunks below the real service's minimum, except the last", async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:2'));
		expect(world.sandbox.requests.at(-1)?.warning).toContain('below the minimum of 5000000 bytes');
		await world.mesh.sendChunk('X26ABC1', id, 2, 2, 'b');
		expect(world.sandbox.requests.at(-1)?.warning).toBeUndefined();
	});
});
