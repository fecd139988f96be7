import { expectGeneric, expectRefusal, problems, row, type Topic, type World } from '../world';

const NOT_THERE = [404, 'RECEIVE', '20', 'Message does not exist'] as const;
const GONE = [410, 'SEND', 'Message already accepted', 'Message no longer available for download'] as const;
const IDENTITY = { 'accept-encoding': 'identity' };

async function upload(world: World, parts: string[], headers: Record<string, string> = {}): Promise<string> {
	const id = await world.send({ 'mex-chunk-range': `1:${parts.length}`, ...headers }, parts[0]);
	for (let number = 2; number <= parts.length; number++) await world.chunk(id, number, `${number}:${parts.length}`, {}, parts[number - 1]);
	return id;
}

export const download: Topic = {
	title: 'Download',
	rows: [
		row('a whole message is 200', async (world) => {
			const { status, text } = await world.get(`X26ABC2/inbox/${await world.send({}, 'hello')}`);
			expect([status, text]).toEqual([200, 'hello']);
		}),
		row('chunks are 206 while more follow, and 200 at the last', async (world) => {
			const id = await upload(world, ['a', 'b', 'c']);
			const seen: unknown[] = [];
			for (const path of ['', '/2', '/3']) {
				const { status, text, headers } = await world.get(`X26ABC2/inbox/${id}${path}`);
				seen.push([status, text, headers['mex-chunk-range'], headers['mex-total-chunks']]);
			}
			expect(seen).toEqual([
				[206, 'a', '1:3', '3'],
				[206, 'b', '2:3', '3'],
				[200, 'c', '3:3', '3'],
			]);
		}),
		row('chunk 1 by number is the same as without', async (world) => {
			const id = await upload(world, ['a', 'b']);
			const { status, text } = await world.get(`X26ABC2/inbox/${id}/1`);
			expect([status, text]).toEqual([206, 'a']);
		}),
		row('a chunk number that is none, or below 1, is a validation error', async (world) => {
			const id = await world.send();
			for (const chunk of ['0', '-1', 'one', '1.5'])
				expect(problems(await world.get(`X26ABC2/inbox/${id}/${chunk}`))).toEqual(['path chunk_num']);
		}),
		row("another mailbox's message is 403, for its sender too", async (world) => {
			const id = await world.send();
			for (const mailbox of ['X26ABC1', 'X26ABC3']) expectRefusal(await world.get(`${mailbox}/inbox/${id}`), 403, '', '', 'Forbidden');
		}),
		row('an unknown message, a chunk above the total and a missing chunk are 404', async (world) => {
			expectRefusal(await world.get('X26ABC2/inbox/NONE'), ...NOT_THERE);
			const id = await world.startUpload(3);
			await world.chunk(id, 3, '3:3');
			expectRefusal(await world.get(`X26ABC2/inbox/${id}/4`), ...NOT_THERE);
			expectRefusal(await world.get(`X26ABC2/inbox/${id}/2`), ...NOT_THERE);
		}),
		row('a message still uploading, expired or failed is 410', async (world) => {
			const uploading = await world.startUpload(2);
			const failed = await world.send();
			await world.mesh.call({
				method: 'POST',
				path: `admin/message/${failed}/event`,
				as: null,
				body: JSON.stringify({ status: 'error', code: '99' }),
			});
			const expired = await world.send();
			world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			for (const id of [uploading, failed, expired]) expectRefusal(await world.get(`X26ABC2/inbox/${id}`), ...GONE);
		}),
		row('an acknowledged message is 410', async (world) => {
			const id = await world.send();
			await world.mesh.acknowledge('X26ABC2', id);
			expectRefusal(await world.get(`X26ABC2/inbox/${id}`), ...GONE);
		}),
		row('as the NHS sandbox: an acknowledged message can be downloaded again', async (world) => {
			world.switch({ afterAcknowledgement: 'available' });
			const id = await upload(world, ['a', 'b']);
			await world.mesh.acknowledge('X26ABC2', id);
			expect([(await world.get(`X26ABC2/inbox/${id}`)).status, (await world.get(`X26ABC2/inbox/${id}/2`)).status]).toEqual([206, 200]);
		}),
		row('a body labelled gzip that is none is 500 for a client without gzip, and passed on to one with it', async (world) => {
			const id = await world.send({ 'content-encoding': 'gzip' }, 'plain');
			expectGeneric(await world.get(`X26ABC2/inbox/${id}`, IDENTITY), 500);
			expect((await world.get(`X26ABC2/inbox/${id}`, { 'accept-encoding': 'gzip' })).text).toBe('plain');
		}),
		row('the headers say everything the sender said, and what MESH adds', async (world) => {
			const sent = {
				'mex-subject': 'Subject',
				'mex-localid': 'Local',
				'mex-partnerid': 'Partner',
				'mex-filename': 'file.txt',
				'mex-content-checksum': 'sha256:ab12',
				'mex-content-encrypted': 'Y',
				'mex-content-compressed': 'Y',
				'mex-content-type': 'text/csv',
			};
			const id = await world.send(sent);
			const { headers } = await world.get(`X26ABC2/inbox/${id}`, IDENTITY);
			expect(headers).toMatchObject({
				...sent,
				'mex-messageid': id,
				'mex-messagetype': 'DATA',
				'mex-from': 'X26ABC1',
				'mex-to': 'X26ABC2',
				'mex-workflowid': 'TEST_WORKFLOW',
				'mex-chunk-range': '1:1',
				'mex-total-chunks': '1',
				'mex-addresstype': 'ALL',
				'mex-version': '1.0',
				'mex-statuscode': '00',
				'mex-statusevent': 'TRANSFER',
				'mex-statusdescription': 'Transferred to recipient mailbox',
				'mex-statussuccess': 'SUCCESS',
			});
			expect(headers['mex-statustimestamp']).toMatch(/^\d{14}$/);
			expect(headers.etag).toMatch(/^"[0-9a-f]+"$/);
			expect(headers['last-modified']).toMatch(/ GMT$/);
		}),
		row('what was not sent is not there', async (world) => {
			const { headers } = await world.get(`X26ABC2/inbox/${await world.send()}`, IDENTITY);
			for (const name of [
				'mex-subject',
				'mex-localid',
				'mex-partnerid',
				'mex-content-checksum',
				'mex-content-encrypted',
				'mex-content-compressed',
				'mex-content-type',
				'mex-linkedmsgid',
				'content-encoding',
			])
				expect([name, headers[name]]).toEqual([name, undefined]);
		}),
		row('the file name defaults to the message ID with .dat', async (world) => {
			const id = await world.send();
			expect((await world.get(`X26ABC2/inbox/${id}`)).headers['mex-filename']).toBe(`${id}.dat`);
		}),
		row('as the NHS sandbox: Last-Modified ends in UTC', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			expect((await world.get(`X26ABC2/inbox/${await world.send()}`)).headers['last-modified']).toMatch(/ UTC$/);
		}),
		row('content-type is octet-stream in version 1, and the declared type in version 2 for single messages only', async (world) => {
			const single = await world.send({ 'content-type': 'application/PDF' });
			const chunked = await upload(world, ['a', 'b'], { 'content-type': 'application/pdf' });
			const types = [
				await world.v1(`X26ABC2/inbox/${single}`),
				await world.get(`X26ABC2/inbox/${single}`),
				await world.get(`X26ABC2/inbox/${chunked}`),
			].map(({ headers }) => headers['content-type']);
			expect(types).toEqual(['application/octet-stream', 'application/pdf', 'application/octet-stream']);
		}),
		row('a text type comes back as it was declared', async (world) => {
			for (const type of ['text/csv', 'text/plain; charset=iso-8859-1'])
				expect((await world.get(`X26ABC2/inbox/${await world.send({ 'content-type': type })}`)).headers['content-type']).toBe(type);
		}),
		row('a declared type that HTTP would not take for one comes back too, without what a header cannot carry', async (world) => {
			const types = {
				csv: 'csv',
				'a b': 'a b',
				'text/pl\u00e4in': 'text/pl\u00e4in',
				'text/a\x7fb': 'text/ab',
				'\x7f': 'application/octet-stream',
			};
			for (const [contentType, expected] of Object.entries(types)) {
				for (const body of ['small', Buffer.alloc(300_000)]) {
					// Not sent, since Node's client refuses the last ones, which other clients do not.
					const id = await world.sandbox.putMessage({ to: 'X26ABC2', content: body, contentType });
					const [got, asked] = [await world.get(`X26ABC2/inbox/${id}`, IDENTITY), await world.head(`X26ABC2/inbox/${id}`)];
					expect([contentType, got.status, got.headers['content-type'], got.body.length]).toEqual([
						contentType,
						200,
						expected,
						body.length,
					]);
					expect([asked.status, asked.headers['content-type'], asked.headers['mex-content-type']]).toEqual([
						200,
						expected,
						got.headers['mex-content-type'],
					]);
				}
			}
		}),
		row('as the NHS sandbox: a text type without a charset gets one, and there is no ETag', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const { headers } = await world.get(`X26ABC2/inbox/${await world.send({ 'content-type': 'text/csv' })}`);
			expect([headers['content-type'], headers.etag]).toEqual(['text/csv; charset=utf-8', undefined]);
			expect(
				(await world.get(`X26ABC2/inbox/${await world.send({ 'content-type': 'text/csv; charset=latin1' })}`)).headers['content-type'],
			).toBe('text/csv; charset=latin1');
		}),
		row('the checksum is passed through and never verified', async (world) => {
			expect(
				(await world.get(`X26ABC2/inbox/${await world.send({ 'mex-content-checksum': 'sha256:0000' }, 'other bytes')}`)).headers[
					'mex-content-checksum'
				],
			).toBe('sha256:0000');
		}),
		row('the declared type survives chunking in mex-content-type, which wins over content-type', async (world) => {
			const id = await upload(world, ['a', 'b'], { 'content-type': 'text/plain', 'mex-content-type': 'application/hl7-v2' });
			expect((await world.get(`X26ABC2/inbox/${id}`)).headers['mex-content-type']).toBe('application/hl7-v2');
			expect((await world.get(`X26ABC2/inbox/${await world.send({ 'content-type': 'text/plain' })}`)).headers['mex-content-type']).toBe(
				'text/plain',
			);
		}),
		row('without what the specification does not have: mex-total-chunks, mex-partnerid, mex-content-type (a switch)', async (world) => {
			const id = await upload(world, ['a', 'b'], { 'mex-partnerid': 'P', 'mex-content-type': 'text/csv' });
			const additional = async () => {
				const { headers } = await world.get(`X26ABC2/inbox/${id}`);
				return ['mex-total-chunks', 'mex-partnerid', 'mex-content-type', 'mex-chunk-range'].map((name) => headers[name]);
			};
			expect(await additional()).toEqual(['2', 'P', 'text/csv', '1:2']);
			world.switch({ additionalHeaders: 'leftOut' });
			expect(await additional()).toEqual([undefined, undefined, undefined, '1:2']);
		}),
	],
};

export const heads: Topic = {
	title: 'Message headers (HEAD)',
	rows: [
		row('the same headers as a download of chunk 1, without a body, and always 200', async (world) => {
			const id = await upload(world, ['a', 'b'], { 'mex-subject': 'S' });
			const { status, headers, text } = await world.head(`X26ABC2/inbox/${id}`);
			const first = await world.get(`X26ABC2/inbox/${id}`, IDENTITY);
			expect([status, text, headers['content-length'], headers['mex-chunk-range']]).toEqual([200, '', '0', '1:2']);
			for (const name of Object.keys(first.headers).filter((each) => each.startsWith('mex-')))
				expect([name, headers[name]]).toEqual([name, first.headers[name]]);
		}),
		row('the content-type is that of a download, in both versions', async (world) => {
			for (const type of ['text/csv', 'application/json', 'no type', 'text/x; charset="a b"']) {
				const id = await world.send({ 'mex-content-type': type });
				for (const version of [1, 2] as const) {
					const path = `X26ABC2/inbox/${id}`;
					const [asked, got] = [
						await world.mesh.call({ method: 'HEAD', path, version }),
						await world.mesh.call({ path, version, headers: IDENTITY }),
					];
					expect([type, version, asked.headers['content-type']]).toEqual([
						type,
						version,
						version === 1 ? 'application/octet-stream' : type,
					]);
					expect(got.headers['content-type']).toBe(asked.headers['content-type']);
				}
			}
		}),
		row('content-encoding says how the content is stored, whatever the client takes', async (world) => {
			const id = await world.send({ 'content-encoding': 'gzip' });
			expect((await world.head(`X26ABC2/inbox/${id}`, IDENTITY)).headers['content-encoding']).toBe('gzip');
			expect(
				(await world.head(`X26ABC2/inbox/${await world.send()}`, { 'accept-encoding': 'gzip' })).headers['content-encoding'],
			).toBeUndefined();
		}),
		row('the recipient sees accepted and acknowledged messages, and 410 for uploading and undeliverable ones', async (world) => {
			const id = await world.send();
			expect((await world.head(`X26ABC2/inbox/${id}`)).status).toBe(200);
			await world.mesh.acknowledge('X26ABC2', id);
			expect((await world.head(`X26ABC2/inbox/${id}`)).status).toBe(200);
			const uploading = await world.startUpload(2);
			const expiring = await world.send();
			world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			for (const each of [uploading, expiring]) expect((await world.head(`X26ABC2/inbox/${each}`)).status).toBe(410);
		}),
		row('the sender sees its message in any status', async (world) => {
			const uploading = await world.startUpload(2);
			const expired = await world.send();
			world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			const failed = await world.send();
			await world.mesh.call({
				method: 'POST',
				path: `admin/message/${failed}/event`,
				as: null,
				body: JSON.stringify({ status: 'error', event: 'SEND', code: '99', description: 'Broken' }),
			});
			const seen: unknown[] = [];
			for (const id of [uploading, expired, failed]) {
				const { status, headers } = await world.head(`X26ABC1/inbox/${id}`);
				seen.push([status, headers['mex-statuscode'], headers['mex-statussuccess']]);
			}
			expect(seen).toEqual([
				[200, '00', 'SUCCESS'],
				[200, '00', 'SUCCESS'],
				[200, '99', 'ERROR'],
			]);
		}),
		row('without a token it is 403, without a body', async (world) => {
			const { status, text } = await world.mesh.call({ method: 'HEAD', path: `X26ABC2/inbox/${await world.send()}`, as: null });
			expect([status, text]).toEqual([403, '']);
		}),
		row('a third party gets 404, not 403', async (world) =>
			expect((await world.head(`X26ABC3/inbox/${await world.send()}`)).status).toBe(404),
		),
		row('chunk paths and the inbox itself have no HEAD (405), and refusals have no body', async (world) => {
			const id = await world.send();
			for (const [path, status] of [
				[`X26ABC2/inbox/${id}/1`, 405],
				['X26ABC2/inbox', 405],
				['X26ABC2/inbox/NONE', 404],
			] as const) {
				const reply = await world.head(path);
				expect([path, reply.status, reply.text]).toEqual([path, status, '']);
				expect(reply.headers['content-type']).toContain('json');
				expect(Number(reply.headers['content-length'])).toBeGreaterThan(10);
			}
		}),
	],
};

export const acknowledgements: Topic = {
	title: 'Acknowledge',
	rows: [
		row('version 1 answers messageId, version 2 nothing', async (world) => {
			const [first, second] = [await world.send(), await world.send()];
			expect((await world.put(`X26ABC2/inbox/${first}/status/acknowledged`, { version: 1 })).json).toEqual({ messageId: first });
			const reply = await world.put(`X26ABC2/inbox/${second}/status/acknowledged`);
			expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([200, '', undefined]);
		}),
		row('the message leaves the inbox and is tracked as acknowledged', async (world) => {
			const id = await world.send();
			await world.mesh.acknowledge('X26ABC2', id);
			expect(await world.mesh.list('X26ABC2')).toEqual([]);
			expect((await world.get(`X26ABC1/outbox/tracking?messageID=${id}`)).json.status).toBe('acknowledged');
		}),
		row('repeating it is 200 again and changes nothing', async (world) => {
			const id = await world.send();
			for (let time = 0; time < 3; time++) expect((await world.mesh.acknowledge('X26ABC2', id)).status).toBe(200);
			expect(world.sandbox.message(id)?.history.filter(({ status }) => status === 'acknowledged')).toHaveLength(1);
		}),
		row('a message that is not in the inbox stays as it is, although the answer is 200', async (world) => {
			const [uploading, expiring] = [await world.startUpload(2), await world.send()];
			world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
			for (const [id, status] of [
				[uploading, 'uploading'],
				[expiring, 'undeliverable'],
			]) {
				expect((await world.mesh.acknowledge('X26ABC2', id)).status).toBe(200);
				expect(world.sandbox.message(id)?.status).toBe(status);
			}
		}),
		row('only the recipient may: the sender gets 403', async (world) =>
			expectRefusal(await world.mesh.acknowledge('X26ABC1', await world.send()), 403, '', '', 'Forbidden'),
		),
		row('an unknown message is 404', async (world) => expectRefusal(await world.mesh.acknowledge('X26ABC2', 'NONE'), ...NOT_THERE)),
		row('a body is ignored', async (world) => {
			const id = await world.send();
			expect((await world.put(`X26ABC2/inbox/${id}/status/acknowledged`, { body: 'anything' })).status).toBe(200);
			expect(world.sandbox.message(id)?.status).toBe('acknowledged');
		}),
	],
};
