import { sandboxForTests, token, withSandbox } from './support/caller';

describe('send', () => {
	const world = sandboxForTests();
	const post = (headers: Record<string, string>, body: string = 'x', version: 1 | 2 = 2) => world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers, body, version });
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
			expect([status, json.detail]).toEqual([400, [expect.objectContaining({ loc: ['header', 'mex-workflowid'], type: 'string_too_short' })]]);
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
		expect([reply.status, JSON.parse(reply.text)]).toEqual([400, { errorEvent: 'TRANSFER', errorCode: '06', errorDescription: 'MalformedControlFile' }]);
	});

	it('passes the bytes of other unusual characters on unharmed', async () => {
		const subject = Buffer.from('Größe £5').toString('latin1');
		const id = String((await post({ ...HEADERS, 'mex-subject': subject })).json.message_id);
		const reply = await world.mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect(Buffer.from(String(reply.headers['mex-subject']), 'latin1').toString()).toBe('Größe £5');
	});

	it.each(['a_b', 'a.b', 'ab==', 'a+b'])('takes the checksum %s with a warning, or refuses it as the NHS sandbox does', async (checksum) => {
		const id = String((await post({ ...HEADERS, 'mex-content-checksum': checksum })).json.message_id);
		expect(world.sandbox.message(id)?.checksum).toBe(checksum);
		expect(world.sandbox.requests.at(-1)?.warning).toBe('mex-content-checksum has characters that the NHS sandbox refuses');
		await withSandbox({ behaviour: { checksumCharacters: 'limited' } }, async (mesh) => {
			const reply = await mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...HEADERS, 'mex-content-checksum': checksum }, body: 'x' });
			expect([reply.status, reply.json]).toEqual([400, { detail: [{ event: 'SEND', code: 'Invalid checksum', msg: 'Invalid checksum' }] }]);
		});
	});

	it('refuses a blank recipient, an unknown encoding and an empty body', async () => {
		expect((await post({ ...HEADERS, 'mex-to': ' ' })).json).toEqual({ detail: [{ event: 'SEND', code: '08', msg: 'TO_DTS missing' }] });
		const encoded = await post({ ...HEADERS, 'content-encoding': 'br' });
		expect([encoded.status, encoded.text]).toEqual([422, expect.stringContaining('UnsupportedContentEncoding')]);
		const empty = await post(HEADERS, '');
		expect([empty.status, empty.json]).toEqual([417, { detail: [{ event: 'COLLECT', code: '02', msg: 'Data file is missing or inaccessible.' }] }]);
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
			['string_too_long', 'Invalid checksum', 'Accept header', 'TO_DTS missing', 'UnsupportedContentEncoding', 'InvalidHeaderChunks', 'Unregistered', 'Data file is missing'].map(
				(text) => expect.stringContaining(text) as string,
			),
		);
	});
});

describe('a request that is too large', () => {
	it('is 413, whether its length is announced or not, and leaves nothing behind', async () => {
		await withSandbox({ maximumRequestBytes: 1000 }, async (mesh, sandbox) => {
			const headers = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' };
			const send = (bytes: number, more: Record<string, string> = {}) => mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { ...headers, ...more }, body: Buffer.alloc(bytes, 'x') });
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
