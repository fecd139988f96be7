import { request } from 'node:https';
import { token } from '../../support/caller';
import { expectGeneric, expectRefusal, problems, refusal, row, type Topic, type World } from '../world';

/** Longest value of each header. */
const LENGTHS: Record<string, number> = {
	'mex-to': 100,
	'mex-workflowid': 300,
	'mex-chunk-range': 20,
	'mex-subject': 500,
	'mex-localid': 300,
	'mex-filename': 300,
	'mex-content-checksum': 100,
	'mex-partnerid': 500,
	'mex-content-type': 100,
	'mex-content-encrypted': 20,
	'mex-content-compressed': 20,
};

const MALFORMED = [400, 'TRANSFER', '06', 'MalformedControlFile'] as const;

/** A request with header values that no HTTP library lets through. */
async function rawSend(world: World, headers: Record<string, string>): Promise<{ status: number; text: string }> {
	const all = {
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'W',
		accept: 'application/vnd.mesh.v2+json',
		authorization: token('X26ABC1', world.sandbox.clock.now()),
		'content-length': '0',
		...headers,
	};
	return await world.mesh.raw([
		'POST /messageexchange/X26ABC1/outbox HTTP/1.1',
		...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
	]);
}

/** Sends `body` in the given way and gives status and stored content. */
async function stream(world: World, headers: Record<string, string>, body: string): Promise<[number, string]> {
	const { ca, client } = world.sandbox.certificates;
	const all = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W', authorization: token('X26ABC1', world.sandbox.clock.now()), ...headers };
	const status = await new Promise<number>((resolve, reject) => {
		const outgoing = request(
			`${world.sandbox.url}/messageexchange/X26ABC1/outbox`,
			{ method: 'POST', ca, cert: client.certificate, key: client.privateKey, headers: all, agent: false },
			(response) => {
				response.resume();
				response.once('end', () => resolve(response.statusCode ?? 0));
			},
		);
		outgoing.once('error', reject);
		if (headers.expect === undefined) outgoing.end(body);
		else outgoing.once('continue', () => outgoing.end(body)).flushHeaders();
	});
	const [id] = world.sandbox.inbox('X26ABC2').slice(-1);
	return [status, (await world.sandbox.content(id)).toString()];
}

export const sending: Topic = {
	title: 'Send',
	rows: [
		row('202 with messageID in version 1 and message_id in version 2', async (world) => {
			const [first, second] = [await world.post({}, 'x', { version: 1 }), await world.post()];
			expect([first.status, Object.keys(first.json), second.status, Object.keys(second.json)]).toEqual([
				202,
				['messageID'],
				202,
				['message_id'],
			]);
		}),
		...['mex-to', 'mex-workflowid'].map((name) =>
			row(`${name} is required`, async (world) => {
				const headers = Object.fromEntries(
					Object.entries({ 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' }).filter(([each]) => each !== name),
				);
				expect(problems(await world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers, body: 'x' }))).toEqual([`header ${name}`]);
			}),
		),
		...Object.entries(LENGTHS).map(([name, length]) =>
			row(`${name} has at most ${length} characters`, async (world) => {
				expect(problems(await world.post({ [name]: '1'.repeat(length + 1) }))).toEqual([`header ${name}`]);
				const reply = await world.post({ [name]: '1'.repeat(length) });
				expect(JSON.stringify(reply.json)).not.toContain('string_too_long');
			}),
		),
		row('a blank recipient is 400 with code 08', async (world) => {
			for (const to of ['', '   ']) expectRefusal(await world.post({ 'mex-to': to }), 400, 'SEND', '08', 'TO_DTS missing');
		}),
		row('the recipient is trimmed and put into capitals', async (world) => {
			const id = await world.send({ 'mex-to': ' x26abc2 ' });
			expect(world.sandbox.message(id)?.to).toBe('X26ABC2');
		}),
		row('the workflow ID is trimmed, keeps its case, and must not be empty', async (world) => {
			expect(world.sandbox.message(await world.send({ 'mex-workflowid': ' MixedCase ' }))?.workflowId).toBe('MixedCase');
			for (const empty of ['', '  ']) expect(problems(await world.post({ 'mex-workflowid': empty }))).toEqual(['header mex-workflowid']);
		}),
		row('as the NHS sandbox: the workflow ID may be empty', async (world) => {
			world.switch({ emptyWorkflowId: 'accepted' });
			expect(world.sandbox.message(await world.send({ 'mex-workflowid': '' }))?.workflowId).toBe('');
			expect(
				problems(await world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { 'mex-to': 'X26ABC2' }, body: 'x' })),
			).toEqual(['header mex-workflowid']);
		}),
		row('control characters in any mex value are 400 with code 06, the tab included', async (world) => {
			for (const name of [...Object.keys(LENGTHS), 'mex-from', 'mex-messagetype', 'mex-osname']) {
				for (const character of ['\t', '\x01', '\x1f']) {
					const { status, text } = await rawSend(world, { [name]: `a${character}b` });
					expect([name, character, status, text]).toEqual([name, character, 400, expect.stringContaining('MalformedControlFile')]);
				}
			}
		}),
		row('characters from 0x7F up pass', async (world) => {
			const { status, text } = await rawSend(world, { 'mex-subject': 'a\x7f\x80\x9f\xe9b' });
			expect([status, text]).toEqual([417, expect.stringContaining('Data file is missing')]);
		}),
		row('header text beyond ASCII comes back byte for byte', async (world) => {
			for (const text of ['caf\u00e9', Buffer.from('caf\u00e9 \u2713').toString('latin1')]) {
				const { headers } = await world.get(`X26ABC2/inbox/${await world.send({ 'mex-subject': text })}`);
				expect(headers['mex-subject']).toBe(text);
			}
		}),
		row('a web address is refused in recipient, workflow and checksum, and nowhere else', async (world) => {
			for (const name of ['mex-to', 'mex-workflowid', 'mex-content-checksum']) {
				for (const address of ['http://x', 'HTTPS://x']) expectRefusal(await world.post({ [name]: address }), ...MALFORMED);
			}
			expect((await world.post({ 'mex-subject': 'https://x', 'mex-filename': 'http://x' })).status).toBe(202);
		}),
		row('a checksum is any text', async (world) => {
			for (const any of ['sha256:ab12', 'q83v==', 'a_b'])
				expect(
					(await world.get(`X26ABC2/inbox/${await world.send({ 'mex-content-checksum': any })}`)).headers['mex-content-checksum'],
				).toBe(any);
		}),
		row('as the NHS sandbox: a checksum has letters, digits, white space and : - / only', async (world) => {
			world.switch({ checksumCharacters: 'limited' });
			for (const good of ['sha256:ab12', 'a b/c-d:0', 'AZaz09'])
				expect((await world.post({ 'mex-content-checksum': good })).status).toBe(202);
			for (const bad of ['q83v==', 'a_b', 'a.b', 'a,b', 'a+b', 'a\\b'])
				expectRefusal(await world.post({ 'mex-content-checksum': bad }), 400, 'SEND', 'Invalid checksum', 'Invalid checksum');
		}),
		row('flags are yes as y, yes, t, true, on or 1, and anything else is no', async (world) => {
			const flag = async (value: string) => world.sandbox.message(await world.send({ 'mex-content-encrypted': value }))?.encrypted;
			for (const yes of ['y', 'Y', 'yes', 'T', 'TRUE', 'on', '1']) expect([yes, await flag(yes)]).toEqual([yes, true]);
			for (const no of ['N', 'false', '0', 'maybe']) expect([no, await flag(no)]).toEqual([no, false]);
		}),
		row('mex-from and mex-messagetype are ignored, whatever they say', async (world) => {
			const id = await world.send({ 'mex-from': 'X26ABC3', 'mex-messagetype': 'REPORT' });
			expect(world.sandbox.message(id)).toMatchObject({ from: 'X26ABC1', type: 'DATA' });
		}),
		row('or they are checked, and refused with 07, 11 and 09 (a switch)', async (world) => {
			world.switch({ controlHeaders: 'checked' });
			const wrong: Array<[string, string, string, string]> = [
				['mex-from', 'X26ABC3', '07', 'Invalid From Address in the control file'],
				['mex-messagetype', 'REPORT', '11', 'Invalid Message Type for the transfer (should be DATA)'],
				['mex-version', '2.0', '09', 'Invalid version of the control file'],
			];
			for (const [name, value, code, text] of wrong) expectRefusal(await world.post({ [name]: value }), 417, 'SEND', code, text);
			expect((await world.post({ 'mex-from': 'x26abc1', 'mex-messagetype': 'Data', 'mex-version': '1.0' })).status).toBe(202);
			expect((await world.post()).status).toBe(202);
		}),
		row('a send without mex-from is warned of in the request log, or refused with 07 (a switch)', async (world) => {
			await world.send();
			await world.send({ 'mex-from': '' });
			expect(world.sandbox.requests.map(({ warning }) => warning)).toEqual([undefined, expect.stringContaining('no mex-from')]);
			world.switch({ controlHeaders: 'fromRequired' });
			for (const from of ['', ' ', 'X26ABC3'])
				expectRefusal(await world.post({ 'mex-from': from }), 417, 'SEND', '07', 'Invalid From Address in the control file');
			expect((await world.post()).status).toBe(202);
		}),
		row('a message to oneself is delivered', async (world) => {
			const id = await world.send({ 'mex-to': 'X26ABC1' });
			expect(await world.mesh.list('X26ABC1')).toEqual([id]);
		}),
		row('an empty body is 417 with code 02', async (world) =>
			expectRefusal(await world.post({}, ''), 417, 'COLLECT', '02', 'Data file is missing or inaccessible.'),
		),
		row('an unknown recipient is 417 with code 12 and a message ID, and a report with that ID comes to the sender', async (world) => {
			const { messageId, ...rest } = refusal(await world.post({ 'mex-to': 'NOBODY', 'mex-localid': 'L' }));
			expect(rest).toEqual({ status: 417, event: 'SEND', code: '12', text: 'Unregistered to address' });
			const [report] = await world.mesh.list('X26ABC1');
			const { headers } = await world.get(`X26ABC1/inbox/${report}`);
			expect(headers).toMatchObject({
				'mex-messagetype': 'REPORT',
				'mex-linkedmsgid': messageId,
				'mex-statuscode': '12',
				'mex-localid': 'L',
			});
			expect((await world.get(`X26ABC1/outbox/tracking?messageID=${messageId}`)).json.status).toBe('error');
		}),
		row('version 1 has the ID of the refused message as messageID', async (world) => {
			const { json } = await world.post({ 'mex-to': 'NOBODY' }, 'x', { version: 1 });
			expect(json).toEqual({
				messageID: expect.any(String),
				errorEvent: 'SEND',
				errorCode: '12',
				errorDescription: 'Unregistered to address',
			});
		}),
		row('as the NHS sandbox: an unknown recipient is 417 without ID and without report', async (world) => {
			world.switch({ unknownRecipient: 'refusal' });
			expectRefusal(await world.post({ 'mex-to': 'NOBODY' }), 417, 'SEND', '12', 'Unregistered to address');
			expect(await world.mesh.list('X26ABC1')).toEqual([]);
		}),
		row('a body may come in transfer chunks of unknown length', async (world) =>
			expect(await stream(world, { 'transfer-encoding': 'chunked' }, 'streamed')).toEqual([202, 'streamed']),
		),
		row('a client may wait for 100 Continue', async (world) =>
			expect(await stream(world, { expect: '100-continue', 'content-length': '7' }, 'waiting')).toEqual([202, 'waiting']),
		),
		row('one request has less than 100 MB: 413 from there on, before the body is read', async (world) => {
			const { status } = await rawSend(world, { 'content-length': '100000000' });
			expect(status).toBe(413);
			const id = await world.startUpload(2);
			const authorization = token('X26ABC1', world.sandbox.clock.now());
			const chunk = await world.mesh.raw([
				`POST /messageexchange/X26ABC1/outbox/${id}/2 HTTP/1.1`,
				'mex-chunk-range: 2:2',
				`authorization: ${authorization}`,
				'content-length: 100000000',
			]);
			expect(chunk.status).toBe(413);
		}),
		row('the checks have an order: presence, characters, Accept, blank recipient, encoding, range, recipient, body', async (world) => {
			world.switch({ checksumCharacters: 'limited' });
			const everything = { 'mex-to': 'NOBODY', 'mex-chunk-range': '2:2', 'content-encoding': 'br', 'mex-content-checksum': '=' };
			const steps: Array<[Record<string, string>, string | number]> = [
				[{ ...everything, 'mex-to': ' ', accept: 'application/vnd.mesh.v2', 'mex-subject': 'x'.repeat(501) }, 'string_too_long'],
				[{ ...everything, 'mex-to': ' ', accept: 'application/vnd.mesh.v2' }, 'Invalid checksum'],
				[{ ...everything, 'mex-to': ' ', accept: 'application/vnd.mesh.v2', 'mex-content-checksum': 'a' }, 'Accept header'],
				[{ ...everything, 'mex-to': ' ', 'mex-content-checksum': 'a' }, 'TO_DTS missing'],
				[{ ...everything, 'mex-content-checksum': 'a' }, 'UnsupportedContentEncoding'],
				[{ 'mex-to': 'NOBODY', 'mex-chunk-range': '2:2' }, 'InvalidHeaderChunks'],
				[{ 'mex-to': 'NOBODY' }, 'Unregistered to address'],
				[{}, 'Data file is missing'],
			];
			for (const [headers, text] of steps) expect((await world.post(headers, '')).text).toContain(text);
		}),
		row('workflow permissions refuse with 16 or 17 (a switch)', async (world) => {
			world.switch({ workflowPermissions: 'refusal' });
			expect(refusal(await world.post({ 'mex-workflowid': 'UNKNOWN' }))).toMatchObject({
				status: 417,
				event: 'SEND',
				code: '17',
				text: 'Workflow ID not registered for mailbox',
			});
			world.sandbox.putMailbox({ mailboxId: 'X26ABC1', odsCode: 'X26', sends: ['OTHER'] });
			expect(refusal(await world.post())).toMatchObject({
				status: 417,
				event: '',
				code: '16',
				text: 'Sender is not allowed to send messages of this type',
			});
		}),
		row('or they accept, and report afterwards (a switch)', async (world) => {
			world.switch({ workflowPermissions: 'report' });
			const id = await world.send({ 'mex-workflowid': 'UNKNOWN' });
			const [report] = await world.mesh.list('X26ABC1');
			expect((await world.get(`X26ABC1/inbox/${report}`)).headers).toMatchObject({ 'mex-linkedmsgid': id, 'mex-statuscode': '17' });
			expect(await world.mesh.list('X26ABC2')).toEqual([]);
		}),
		row('over the rate limit it is 429 with Retry-After, until the time is over (a switch)', async (world) => {
			world.switch({ rateLimit: { requests: 2, perMs: 1000, retryAfterSeconds: 7 } });
			expect([(await world.post()).status, (await world.post()).status]).toEqual([202, 202]);
			const refused = await world.post();
			expectGeneric(refused, 429);
			expect(refused.headers['retry-after']).toBe('7');
			world.sandbox.clock.advance(1000);
			expect((await world.post()).status).toBe(202);
		}),
	],
};
