import { sandboxForTests, withSandbox } from './support/caller';

describe('tracking', () => {
	const world = sandboxForTests();

	it('follows a message through its life in v2', async () => {
		const { mesh } = world;
		const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', { 'mex-chunk-range': '1:2', 'mex-localid': 'L', 'mex-filename': 'f' });
		const track = async () => (await mesh.call({ path: `X26ABC1/outbox/tracking?messageID=${id.toLowerCase()}` })).json;
		expect(await track()).toMatchObject({
			message_id: id, local_id: 'L', workflow_id: 'TEST_WORKFLOW', filename: 'f', recipient: 'X26ABC2', recipient_name: 'TESTMB2',
			recipient_ods_code: 'X26', recipient_org_code: 'X26', recipient_org_name: '', status_success: true, status: 'uploading',
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
			addressType: 'ALL', chunkCount: 1, dtsId: id, messageId: id, fileName: `${id}.dat`, fileSize: 7, messageType: 'DATA', recipient: 'X26ABC3',
			meshRecipientOdsCode: 'X27', sender: 'X26ABC1', senderOdsCode: 'X26', status: 'Accepted', statusSuccess: 'SUCCESS', subject: 'S', version: '1.0',
			downloadTimestamp: null, failureDate: null, localId: null, workflowId: 'TEST_WORKFLOW',
		});
		expect(Object.keys(json).length).toBe(45);
		expect(json.uploadTimestamp).toMatch(/^\d{14}$/);
	});

	it('is the sender\'s alone: the recipient, a report and an unknown ID are 404, a missing or misspelt parameter 400', async () => {
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
		expect(messages[0]).toMatchObject({ message_id: ids[11], status: 'acknowledged', sender: 'X26ABC1', recipient: 'X26ABC2', message_type: 'DATA', total_chunks: 1, local_id: 'L11' });
		const next = (inbox.json.links as { next: string }).next.replace('/messageexchange/', '');
		const second = (await world.mesh.call({ path: next })).json.messages as Array<{ message_id: string }>;
		expect(second.map(({ message_id }) => message_id)).toEqual([ids[9], ids[8]]);
		expect(((await world.mesh.call({ path: 'X26ABC1/outbox/rich' })).json.messages as unknown[]).length).toBe(12);
		expect((await world.mesh.call({ path: 'X26ABC1/outbox/rich?max_results=9' })).status).toBe(400);
		expect((await world.mesh.call({ path: 'X26ABC1/outbox/rich?start_time=yesterday' })).status).toBe(400);
		expect(((await world.mesh.call({ path: 'X26ABC1/outbox/rich?start_time=2099-01-01T00:00:00Z' })).json.messages as unknown[]).length).toBe(0);
	});
});
