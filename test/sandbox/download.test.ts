import { gunzipSync, gzipSync } from 'node:zlib';
import { sandboxForTests, withSandbox } from './support/caller';

describe('download', () => {
	const world = sandboxForTests();

	it('carries every header that says something, and none that is empty', async () => {
		const { sandbox, mesh } = world;
		const id = await sandbox.putMessage({
			to: 'X26ABC2',
			from: 'X26ABC1',
			workflowId: 'WF',
			content: 'hello',
			subject: 'S',
			localId: 'L',
			fileName: 'f.txt',
			contentType: 'text/plain',
			checksum: 'md5:00',
			partnerId: 'P',
			encrypted: true,
			compressed: true,
		});
		const { status, headers, text } = await mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect([status, text]).toEqual([200, 'hello']);
		expect(headers).toMatchObject({
			'mex-messageid': id,
			'mex-messagetype': 'DATA',
			'mex-from': 'X26ABC1',
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'WF',
			'mex-chunk-range': '1:1',
			'mex-total-chunks': '1',
			'mex-filename': 'f.txt',
			'mex-subject': 'S',
			'mex-localid': 'L',
			'mex-partnerid': 'P',
			'mex-content-checksum': 'md5:00',
			'mex-content-encrypted': 'Y',
			'mex-content-compressed': 'Y',
			'mex-content-type': 'text/plain',
			'mex-addresstype': 'ALL',
			'mex-version': '1.0',
			'mex-statuscode': '00',
			'mex-statusevent': 'TRANSFER',
			'mex-statusdescription': 'Transferred to recipient mailbox',
			'mex-statussuccess': 'SUCCESS',
			'content-type': 'text/plain',
			'content-length': '5',
		});
		expect(headers['mex-statustimestamp']).toMatch(/^\d{14}$/);
		expect(headers['last-modified']).toMatch(/GMT$/);
		expect(headers.etag).toMatch(/^"[0-9a-f]{40}"$/);
		const bare = await mesh.call({ path: `X26ABC2/inbox/${await sandbox.putMessage({ to: 'X26ABC2', content: 'x' })}` });
		for (const name of [
			'subject',
			'localid',
			'partnerid',
			'content-checksum',
			'content-encrypted',
			'content-compressed',
			'content-type',
			'linkedmsgid',
		]) {
			expect(bare.headers[`mex-${name}`]).toBeUndefined();
		}
		expect(bare.headers['mex-filename']).toMatch(/\.dat$/);
		expect(bare.headers['content-type']).toBe('application/octet-stream');
	});

	it('of v1 and of chunked messages is always plain bytes by type', async () => {
		const single = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x', contentType: 'application/json' });
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${single}`, version: 1 })).headers['content-type']).toBe(
			'application/octet-stream',
		);
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${single}` })).headers['content-type']).toBe('application/json');
		const chunked = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['x', 'y'], contentType: 'application/json' });
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${chunked}` })).headers['content-type']).toBe('application/octet-stream');
	});

	it('is 206 while chunks follow and 200 for the last; 404 beyond, 400 for no number', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['one', 'two', 'three'] });
		const get = async (chunk: string) => {
			const { status, text, headers } = await world.mesh.call({ path: `X26ABC2/inbox/${id}${chunk}` });
			return [status, status < 300 ? text : '', headers['mex-chunk-range']];
		};
		expect(await get('')).toEqual([206, 'one', '1:3']);
		expect(await get('/1')).toEqual([206, 'one', '1:3']);
		expect(await get('/2')).toEqual([206, 'two', '2:3']);
		expect(await get('/3')).toEqual([200, 'three', '3:3']);
		expect((await get('/4'))[0]).toBe(404);
		expect((await get('/0'))[0]).toBe(400);
		expect((await get('/x'))[0]).toBe(400);
	});

	it('is for the recipient alone, the sender included in the refusal, in upper or lower case', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x' });
		expect((await world.mesh.call({ path: `X26ABC1/inbox/${id}` })).status).toBe(403);
		expect((await world.mesh.call({ path: `X26ABC3/inbox/${id}` })).status).toBe(403);
		expect((await world.mesh.call({ path: `x26abc2/inbox/${id.toLowerCase()}` })).status).toBe(200);
	});

	it('is 410 while uploading, and after acknowledgement unless the NHS sandbox is followed', async () => {
		const { mesh, sandbox } = world;
		const uploading = await mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2' });
		expect((await mesh.call({ path: `X26ABC2/inbox/${uploading}` })).status).toBe(410);
		const id = await sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		await mesh.acknowledge('X26ABC2', id);
		const gone = await mesh.call({ path: `X26ABC2/inbox/${id}` });
		expect([gone.status, gone.text]).toEqual([410, expect.stringContaining('Message no longer available for download')]);
		sandbox.behaviour.afterAcknowledgement = 'available';
		expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).text).toBe('x');
		sandbox.behaviour.afterAcknowledgement = 'gone';
	});

	it('shows no trace of a message before its delivery delay is over', async () => {
		await withSandbox({ behaviour: { deliveryDelayMs: 40_000 } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			expect(await mesh.list('X26ABC2')).toEqual([]);
			expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).status).toBe(410);
			sandbox.clock.advance(40_000);
			expect(await mesh.list('X26ABC2')).toEqual([id]);
		});
	});
});

describe('compression of downloads', () => {
	const world = sandboxForTests();
	const TEXT = 'compress me '.repeat(50);

	it.each([
		['gzip', 1, undefined, 'plain'],
		['gzip', 2, 'identity', 'plain'],
		['gzip', 1, 'gzip', 'gzip'],
		['gzip', 2, 'br, gzip;q=0', 'gzip'],
		['plain', 1, undefined, 'plain'],
		['plain', 2, 'identity', 'plain'],
		['plain', 1, 'gzip', 'plain'],
		['plain', 2, 'gzip', 'gzip'],
	] as const)('stored %s, v%i, Accept-Encoding %p: goes out %s', async (stored, version, accepts, expected) => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['head', TEXT], gzip: stored === 'gzip' });
		const headers: Record<string, string> = accepts === undefined ? {} : { 'accept-encoding': accepts };
		const reply = await world.mesh.call({ path: `X26ABC2/inbox/${id}/2`, version, headers });
		const isGzip = expected === 'gzip';
		expect((isGzip ? gunzipSync(reply.body) : reply.body).toString()).toBe(TEXT);
		expect([reply.headers['content-encoding'], reply.headers['mex-content-compressed']]).toEqual(
			isGzip ? ['gzip', 'Y'] : [undefined, undefined],
		);
	});

	it('answers 500 when the content is labelled gzip but is not, and passes it on to a client that takes gzip', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'not gzip at all', { 'content-encoding': 'gzip' });
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${id}` })).status).toBe(500);
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${id}`, headers: { 'accept-encoding': 'gzip' } })).text).toBe('not gzip at all');
	});

	it('streams large chunks in both forms', async () => {
		const large = Buffer.alloc(3_000_000, 'large content ');
		const plain = await world.mesh.send('X26ABC1', 'X26ABC2', large);
		const reply = await world.mesh.call({ path: `X26ABC2/inbox/${plain}` });
		expect(reply.headers['content-length']).toBe('3000000');
		expect(reply.body.equals(large)).toBe(true);
		const packed = await world.mesh.send('X26ABC1', 'X26ABC2', gzipSync(large), { 'content-encoding': 'gzip' });
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${packed}` })).body.equals(large)).toBe(true);
	});
});

describe('HEAD', () => {
	const world = sandboxForTests();
	const head = (mailbox: string, id: string) => world.mesh.call({ method: 'HEAD', path: `${mailbox}/inbox/${id}` });

	it('shows the headers of the first chunk with 200, no body, and the encoding as stored', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['a', 'b'], gzip: true });
		const reply = await head('X26ABC2', id);
		expect([reply.status, reply.text]).toEqual([200, '']);
		expect(reply.headers).toMatchObject({ 'mex-chunk-range': '1:2', 'content-encoding': 'gzip', 'content-length': '0' });
	});

	it('is for the recipient while accepted or acknowledged, for the sender in any status, and 404 for others', async () => {
		const { mesh, sandbox } = world;
		const uploading = await mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2' });
		expect([
			(await head('X26ABC1', uploading)).status,
			(await head('X26ABC2', uploading)).status,
			(await head('X26ABC3', uploading)).status,
		]).toEqual([200, 410, 404]);
		const id = await sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x' });
		await mesh.acknowledge('X26ABC2', id);
		expect([(await head('X26ABC1', id)).status, (await head('X26ABC2', id)).status]).toEqual([200, 200]);
	});

	it('has errors without a body but with the length of one, and does not exist for chunks', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['a', 'b'] });
		expect((await head('X26ABC2', `${id}/2`)).status).toBe(405);
		const missing = await head('X26ABC2', 'NOTHERE');
		expect([missing.status, missing.text]).toEqual([404, '']);
		expect(Number(missing.headers['content-length'])).toBeGreaterThan(10);
	});
});

describe('acknowledge', () => {
	const world = sandboxForTests();

	it('takes the message out of the inbox, and repeating it is fine', async () => {
		const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		const first = await world.mesh.acknowledge('X26ABC2', id);
		expect([first.status, first.text]).toEqual([200, '']);
		const again = await world.mesh.call({ method: 'PUT', path: `X26ABC2/inbox/${id}/status/acknowledged`, version: 1 });
		expect([again.status, again.json]).toEqual([200, { messageId: id }]);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([]);
		expect(world.sandbox.message(id)?.history.map(({ status }) => status)).toEqual(['uploading', 'accepted', 'acknowledged']);
	});

	it('is for the recipient alone, 404 for unknown messages, and changes nothing while uploading', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2' });
		expect((await world.mesh.acknowledge('X26ABC1', id)).status).toBe(403);
		expect((await world.mesh.acknowledge('X26ABC2', 'NOTHERE')).status).toBe(404);
		expect((await world.mesh.acknowledge('X26ABC2', id)).status).toBe(200);
		expect(world.sandbox.message(id)?.status).toBe('uploading');
	});
});

describe('tracking', () => {
	const world = sandboxForTests();

	it('follows a message through its life in v2', async () => {
		const { mesh } = world;
		const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2', 'mex-localid': 'L', 'mex-filename': 'f' });
		const track = async () => (await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id.toLowerCase()}` })).json;
		expect(await track()).toMatchObject({
			message_id: id,
			local_id: 'L',
			workflow_id: 'TEST_WORKFLOW',
			filename: 'f',
			recipient: 'X26ABC2',
			recipient_name: 'TESTMB2',
			recipient_ods_code: 'X26',
			recipient_org_code: 'X26',
			recipient_org_name: '',
			status_success: true,
			status: 'uploading',
		});
		await mesh.sendChunk('X26ABC1', id, 2, 2, 'b');
		const accepted = await track();
		expect(accepted.status).toBe('accepted');
		expect(accepted.expiry_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
		await mesh.acknowledge('X26ABC2', id);
		expect((await track()).status).toBe('acknowledged');
	});

	it('gives every field in v1, null where nothing is known', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC3', 'content', { 'mex-subject': 'S' });
		const { json } = await world.mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}`, version: 1 });
		expect(json).toMatchObject({
			addressType: 'ALL',
			chunkCount: 1,
			dtsId: id,
			messageId: id,
			fileName: `${id}.dat`,
			fileSize: 7,
			messageType: 'DATA',
			recipient: 'X26ABC3',
			meshRecipientOdsCode: 'X27',
			sender: 'X26ABC1',
			senderOdsCode: 'X26',
			status: 'Accepted',
			statusSuccess: 'SUCCESS',
			subject: 'S',
			version: '1.0',
			downloadTimestamp: null,
			failureDate: null,
			localId: null,
			workflowId: 'TEST_WORKFLOW',
		});
		expect(Object.keys(json).length).toBe(45);
		expect(json.uploadTimestamp).toMatch(/^\d{14}$/);
	});

	it("is the sender's alone: the recipient, a report and an unknown ID are 404, a missing or misspelt parameter 400", async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'x');
		const report = await world.sandbox.putReport({ to: 'X26ABC1', linkedMessageId: id });
		const status = async (path: string) => (await world.mesh.call({ path })).status;
		expect(await status(`X26ABC2/outbox/tracking?messageID=${id}`)).toBe(404);
		expect(await status(`X26ABC1/outbox/tracking?messageID=${report}`)).toBe(404);
		expect(await status('X26ABC1/outbox/tracking?messageID=NOTHERE')).toBe(404);
		expect(await status('X26ABC1/outbox/tracking')).toBe(400);
		expect(await status(`X26ABC1/outbox/tracking?localID=${id}`)).toBe(400);
	});

	it('by local ID is 200 for one, 300 for several, 404 for none, the body of v1 in both versions', async () => {
		const { mesh } = world;
		const track = (localId: string) => mesh.call({ path: `X26ABC1/outbox/tracking/${encodeURIComponent(localId)}` });
		expect((await track('none')).status).toBe(404);
		const id = await mesh.send('X26ABC1', 'X26ABC2', 'x', { 'mex-localid': 'a/b c' });
		const one = await track('a/b c');
		expect([one.status, one.json.messageId]).toEqual([200, id]);
		expect((await mesh.call({ path: `X26ABC2/outbox/tracking/${encodeURIComponent('a/b c')}` })).status).toBe(404);
		await mesh.send('X26ABC1', 'X26ABC2', 'x', { 'mex-localid': 'a/b c' });
		const several = await track('a/b c');
		expect([several.status, several.json]).toEqual([300, { detail: [{ event: '', code: '', msg: 'Multiple Choices' }] }]);
	});

	it('leaves unknown fields out or empty and calls undeliverable a success where the NHS sandbox is followed', async () => {
		await withSandbox({ behaviour: { answers: 'nhsSandbox' } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
			sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			const v2 = (await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}` })).json;
			expect(v2).toMatchObject({ status: 'undeliverable', status_success: true });
			expect(v2).not.toHaveProperty('status_code');
			const v1 = (await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id}`, version: 1 })).json;
			expect(v1).toMatchObject({ messageType: 'Data', status: 'Undeliverable' });
			expect(v1).toHaveProperty('localId', '');
			expect(v1).not.toHaveProperty('statusCode');
		});
	});
});

describe('rich views', () => {
	const world = sandboxForTests();

	it('list what came and went, newest first, acknowledged included, page by page', async () => {
		const ids: string[] = [];
		for (let i = 0; i < 12; i++) ids.push(await world.mesh.send('X26ABC1', 'X26ABC2', 'x', { 'mex-localid': `L${i}` }));
		await world.mesh.acknowledge('X26ABC2', ids[11]);
		const inbox = await world.mesh.call({ path: 'X26ABC2/inbox/rich?max_results=2', version: 1 });
		expect(inbox.headers['content-type']).toBe('application/vnd.mesh.v2+json');
		const messages = inbox.json.messages as Array<Record<string, unknown>>;
		expect(messages[0]).toMatchObject({
			message_id: ids[11],
			status: 'acknowledged',
			sender: 'X26ABC1',
			recipient: 'X26ABC2',
			message_type: 'DATA',
			total_chunks: 1,
			local_id: 'L11',
		});
		const next = (inbox.json.links as { next: string }).next.replace('/messageexchange/', '');
		const second = (await world.mesh.call({ path: next })).json.messages as Array<{ message_id: string }>;
		expect(second.map(({ message_id }) => message_id)).toEqual([ids[9], ids[8]]);
		expect(((await world.mesh.call({ path: 'X26ABC1/outbox/rich' })).json.messages as unknown[]).length).toBe(12);
		expect((await world.mesh.call({ path: 'X26ABC1/outbox/rich?max_results=9' })).status).toBe(400);
		expect((await world.mesh.call({ path: 'X26ABC1/outbox/rich?start_time=yesterday' })).status).toBe(400);
		expect(
			((await world.mesh.call({ path: 'X26ABC1/outbox/rich?start_time=2099-01-01T00:00:00Z' })).json.messages as unknown[]).length,
		).toBe(0);
	});
});
