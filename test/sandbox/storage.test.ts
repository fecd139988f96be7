import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { DEFAULT_BEHAVIOUR, startSandbox } from '../../sandbox';
import { ReplayMemory } from '../../sandbox/auth/replayMemory';
import { readCliOptions } from '../../sandbox/cli/cliOptions';
import { welcome } from '../../sandbox/cli/run';
import { DueQueue } from '../../sandbox/store/dueQueue';
import { token, withSandbox } from './support/caller';
import type { Caller } from './support/caller';

const DAY_MS = 24 * 60 * 60 * 1000;
let dataFolder: string;
beforeEach(() => {
	dataFolder = mkdtempSync(join(tmpdir(), 'mesh-sandbox-test-'));
});
afterEach(() => rmSync(dataFolder, { recursive: true, force: true }));

describe('a restart with the same data folder', () => {
	it('keeps messages, inbox order, status, half-sent messages, mailboxes and the clock', async () => {
		const before = { ids: [] as string[], half: '', acknowledged: '', now: 0 };
		await withSandbox({ dataFolder }, async (mesh, sandbox) => {
			for (const text of ['one', 'two', 'three']) before.ids.push(await mesh.send('X26ABC1', 'X26ABC2', text, { 'mex-localid': text }));
			before.acknowledged = before.ids.splice(1, 1)[0];
			await mesh.acknowledge('X26ABC2', before.acknowledged);
			before.half = await mesh.send('X26ABC1', 'X26ABC2', 'half ', { 'mex-chunk-range': '1:2' });
			sandbox.putMailbox({ mailboxId: 'EXTRA', odsCode: 'E1' });
			sandbox.clock.advance(4 * DAY_MS);
			before.now = sandbox.clock.now();
		});
		await withSandbox({ dataFolder }, async (mesh, sandbox) => {
			expect(sandbox.clock.now()).toBeGreaterThanOrEqual(before.now);
			expect(await mesh.list('X26ABC2')).toEqual(before.ids);
			expect((await mesh.call({ path: `X26ABC2/inbox/${before.ids[1]}` })).text).toBe('three');
			expect(sandbox.message(before.acknowledged)?.status).toBe('acknowledged');
			expect((await mesh.call({ path: 'X26ABC1/outbox/tracking/three' })).status).toBe(200);
			expect((await mesh.sendChunk('X26ABC1', before.half, 2, 2, 'done')).status).toBe(202);
			expect((await sandbox.content(before.half)).toString()).toBe('half done');
			expect((await mesh.call({ path: 'EXTRA/count' })).status).toBe(200);
			expect(sandbox.inbox('X26ABC2')).toEqual([...before.ids, before.half]);
			sandbox.clock.advance(DAY_MS);
			expect(sandbox.inbox('X26ABC2')).toEqual([before.half]);
		});
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
			expect(sandbox.inbox('X26ABC2')).toEqual([before.half]);
			sandbox.clock.advance(31 * DAY_MS);
			expect(sandbox.messagesTo('X26ABC2')).toEqual([]);
		});
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => expect(sandbox.messagesTo('X26ABC2')).toEqual([]));
	});

	it('keeps the chunks of an upload, and writes one short line for each', async () => {
		const chunks = 200;
		let id = '';
		await withSandbox({ dataFolder }, async (mesh) => {
			id = await mesh.send('X26ABC1', 'X26ABC2', '1', { 'mex-chunk-range': `1:${chunks}` });
			for (let chunk = 2; chunk < chunks; chunk++) await mesh.sendChunk('X26ABC1', id, chunk, chunks, String(chunk % 10));
			expect(statSync(join(dataFolder, 'journal.jsonl')).size).toBeLessThan(chunks * 100);
		});
		await withSandbox({ dataFolder }, async (mesh, sandbox) => {
			expect((await mesh.sendChunk('X26ABC1', id, chunks, chunks, 'end')).status).toBe(202);
			expect((await sandbox.content(id)).toString()).toBe(`${'1234567890'.repeat(20).slice(0, -1)}end`);
		});
	});

	it('keeps the last handshakes, and the order of what was sent', async () => {
		const lastHandshake = async (mesh: Caller) => (await mesh.call({ path: 'admin/mailbox/X26ABC1', as: null })).json.last_handshake;
		const sent = async (mesh: Caller) =>
			((await mesh.call({ path: 'X26ABC1/outbox/rich' })).json.messages as Array<{ message_id: string }>).map(({ message_id: id }) => id);
		const before: { handshake?: unknown; sent: string[] } = { sent: [] };
		await withSandbox({ dataFolder }, async (mesh) => {
			await mesh.call({ method: 'POST', path: 'X26ABC1', headers: { 'mex-clientversion': 'c', 'mex-osname': 'o', 'mex-osversion': '1' } });
			before.handshake = await lastHandshake(mesh);
			const [first, half, last] = [
				await mesh.send('X26ABC1', 'X26ABC2', '1'),
				await mesh.send('X26ABC1', 'X26ABC2', '2', { 'mex-chunk-range': '1:2' }),
				await mesh.send('X26ABC1', 'X26ABC2', '3'),
			];
			before.sent = [last, half, first];
			expect(await sent(mesh)).toEqual(before.sent);
		});
		// Twice: the journal is rewritten at each start.
		for (let start = 1; start <= 2; start++) {
			await withSandbox({ dataFolder }, async (mesh) => {
				expect(before.handshake).toMatch(/^\d{4}-/);
				expect([await lastHandshake(mesh), await sent(mesh)]).toEqual([before.handshake, before.sent]);
			});
		}
	});

	it('keeps a mailbox as it was set while running, whatever the list at the start says of it', async () => {
		const mailboxes = [
			{ mailboxId: 'LISTED', odsCode: 'L1', name: 'as listed' },
			{ mailboxId: 'CHANGED', odsCode: 'L1', name: 'as listed' },
		];
		await withSandbox({ dataFolder, mailboxes }, async (_mesh, sandbox) =>
			sandbox.putMailbox({ mailboxId: 'CHANGED', odsCode: 'L1', name: 'as changed' }),
		);
		const later = mailboxes.map((mailbox) => ({ ...mailbox, name: 'as listed later' }));
		await withSandbox({ dataFolder, mailboxes: later }, async (mesh) => {
			const all = (await mesh.call({ path: 'admin/mailboxes', as: null })).json.mailboxes as Array<{ mailbox_name: string }>;
			expect(all.map(({ mailbox_name: name }) => name)).toEqual(['as listed later', 'as changed']);
		});
	});

	it('keeps a clock that was set right again, and takes no offset that a clock cannot have', async () => {
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
			sandbox.clock.advance(4 * DAY_MS);
			sandbox.clock.reset();
			sandbox.clock.advance(DAY_MS);
		});
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => expect(sandbox.clock.offsetMs).toBe(DAY_MS));
		for (const offset of ['1e16', '-5', 'null', '"soon"']) {
			await appendFile(join(dataFolder, 'journal.jsonl'), `{"kind":"clock","offsetMs":${offset}}\n`);
			await withSandbox({ dataFolder }, async (mesh, sandbox) => {
				expect([offset, sandbox.clock.offsetMs]).toEqual([offset, 0]);
				await mesh.send('X26ABC1', 'X26ABC2', 'x');
			});
		}
	});

	describe('keeps switches changed by an admin call', () => {
		const patch = (mesh: Caller, changes: object) =>
			mesh.call({ method: 'PATCH', path: 'admin/behaviour', as: null, body: JSON.stringify(changes) });
		const patients = [{ nhsNumber: '9000000009', dateOfBirth: '19800101', surname: 'Test', mailboxes: ['X26ABC2'] }];

		it('over restarts and resets', async () => {
			await withSandbox({ dataFolder }, async (mesh, sandbox) => {
				await patch(mesh, {
					workflowPermissions: 'report',
					patients,
					rateLimit: { requests: 9, perMs: 1000, retryAfterSeconds: 1 },
					deliveryDelayMs: 5,
				});
				await patch(mesh, { deliveryDelayMs: 7 });
				expect((await patch(mesh, { checkTimestamp: false, messageIds: 'none' })).status).toBe(400);
				await sandbox.reset();
			});
			// Twice: the journal is rewritten at each start.
			for (let start = 1; start <= 2; start++) {
				await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
					expect(sandbox.behaviour).toEqual({
						...DEFAULT_BEHAVIOUR,
						workflowPermissions: 'report',
						patients,
						rateLimit: { requests: 9, perMs: 1000, retryAfterSeconds: 1 },
						deliveryDelayMs: 7,
					});
				});
			}
			await withSandbox({ dataFolder }, async (mesh) => void (await patch(mesh, { rateLimit: null })));
			await withSandbox({ dataFolder }, async (_mesh, sandbox) => expect(sandbox.behaviour.rateLimit).toBeUndefined());
		});

		it('unless the start says otherwise, for as long as it does', async () => {
			await withSandbox({ dataFolder }, async (mesh) => void (await patch(mesh, { deliveryDelayMs: 5, messageIds: 'hex' })));
			await withSandbox({ dataFolder, behaviour: { deliveryDelayMs: 0 } }, async (_mesh, sandbox) =>
				expect(sandbox.behaviour).toMatchObject({ deliveryDelayMs: 0, messageIds: 'hex' }),
			);
			await withSandbox({ dataFolder }, async (_mesh, sandbox) =>
				expect(sandbox.behaviour).toMatchObject({ deliveryDelayMs: 5, messageIds: 'hex' }),
			);
		});

		it('but takes none that there is not, and says which are not as asked for', async () => {
			await writeFile(
				join(dataFolder, 'journal.jsonl'),
				'{"kind":"switches","changes":{"unheard":1,"messageIds":"none","lostCursor":"restart"}}\n{"kind":"switches"}\n',
			);
			await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
				expect(sandbox.behaviour).toEqual({ ...DEFAULT_BEHAVIOUR, lostCursor: 'restart' });
				expect(welcome(sandbox, readCliOptions([], {}))).toContain('These switches are as they were left: lostCursor.');
				expect(welcome(sandbox, readCliOptions(['--set', 'lostCursor=restart'], {}))).not.toContain('as they were left');
			});
		});
	});

	describe('keeps used tokens', () => {
		const HOUR_MS = 60 * 60 * 1000;
		const use = async (mesh: Caller, authorization: string) =>
			(await mesh.call({ path: 'X26ABC1/count', headers: { authorization } })).status;
		const files = () => readdirSync(dataFolder).filter((name) => name.startsWith('tokens'));

		it('until no clock could take them, or a reset', async () => {
			const start = Date.now();
			const authorization = token('X26ABC1', start);
			await withSandbox({ dataFolder, now: () => start }, async (mesh) =>
				expect([await use(mesh, authorization), await use(mesh, authorization)]).toEqual([200, 403]),
			);
			// Twice: the file is rewritten at each start.
			for (let again = 1; again <= 2; again++)
				await withSandbox({ dataFolder, now: () => start + HOUR_MS }, async (mesh) => expect(await use(mesh, authorization)).toBe(403));
			const text = readFileSync(join(dataFolder, 'tokens.txt'), 'utf8');
			expect([files(), text.split('\n').length, statSync(join(dataFolder, 'tokens.txt')).mode & 0o777]).toEqual([['tokens.txt'], 2, 0o600]);
			expect(text).not.toContain(authorization.split(':').at(-1));
			await withSandbox({ dataFolder, now: () => start + HOUR_MS }, async (mesh, sandbox) => {
				await sandbox.reset();
				expect([await use(mesh, authorization), await use(mesh, authorization)]).toEqual([200, 403]);
				await sandbox.reset();
			});
			await withSandbox({ dataFolder, now: () => start + HOUR_MS }, async (mesh) => expect(await use(mesh, authorization)).toBe(200));
			await withSandbox({ dataFolder, now: () => start + 6 * HOUR_MS }, async () =>
				expect(statSync(join(dataFolder, 'tokens.txt')).size).toBe(0),
			);
		});

		it('in two files at most, of which the older makes way', () => {
			const names = (memory: ReplayMemory) => ['1', '2', '3', '4', '5', '6', '7', '8'].filter((key) => !memory.use(`["${key}"]`, 100, 10));
			for (let run = 0; run < 3; run++) {
				const first = new ReplayMemory(dataFolder, 10, 3);
				first.use(`["${2 * run + 1}"]`, 100, 10);
				first.use(`["${2 * run + 2}"]`, 100, 10);
				first.close();
			}
			const last = new ReplayMemory(dataFolder, 10, 3);
			expect(last.size).toBe(3);
			last.use('["7"]', 100, 10);
			last.close();
			expect(files().sort()).toEqual(['tokens.txt', 'tokens.txt.old']);
			const after = new ReplayMemory(dataFolder, 10, 9);
			expect([names(after), files()]).toEqual([['4', '5', '6', '7'], ['tokens.txt']]);
			after.close();
		});

		it('but not a line cut short by a crash', async () => {
			await writeFile(join(dataFolder, 'tokens.txt'), '999999999999999 ["X26ABC1","whole","0"]\n999999999999999 ["X26ABC1","cu');
			const memory = new ReplayMemory(dataFolder, 0);
			expect([memory.size, memory.use('["X26ABC1","whole","0"]', 1, 0)]).toEqual([1, false]);
			memory.close();
			expect(readFileSync(join(dataFolder, 'tokens.txt'), 'utf8')).toBe('999999999999999 ["X26ABC1","whole","0"]\n');
		});
	});

	it('survives a line cut short by a crash, and clears away what no message claims', async () => {
		let id = '';
		await withSandbox({ dataFolder }, async (mesh) => {
			id = await mesh.send('X26ABC1', 'X26ABC2', 'x');
		});
		await appendFile(join(dataFolder, 'journal.jsonl'), '{"kind":"message","message":{"id":"CUT');
		await mkdir(join(dataFolder, 'messages', 'ORPHAN'));
		await writeFile(join(dataFolder, 'incoming', 'left-over'), 'x');
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
			expect(sandbox.inbox('X26ABC2')).toEqual([id]);
			expect([readdirSync(join(dataFolder, 'messages')), readdirSync(join(dataFolder, 'incoming'))]).toEqual([[id], []]);
		});
	});
});

test('a data folder that is deleted under a running sandbox is made anew by a reset, and the sandbox goes on', async () => {
	await withSandbox({ dataFolder }, async (mesh) => {
		await mesh.send('X26ABC1', 'X26ABC2', 'before');
		rmSync(dataFolder, { recursive: true });
		for (let time = 0; time < 2; time++) {
			expect((await mesh.call({ method: 'DELETE', path: 'admin/reset', as: null })).status).toBeLessThan(300);
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'after');
			expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).text).toBe('after');
		}
	});
	expect(readFileSync(join(dataFolder, 'tokens.txt'), 'utf8')).toMatch(/^\d+ \["X26ABC1",/);
});

describe('bodies', () => {
	it('are files of the owner alone, removed with their message', async () => {
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
			const id = await sandbox.putMessage({ to: 'X26ABC2', content: ['a', 'b'] });
			expect(readdirSync(join(dataFolder, 'messages', id))).toEqual(['1', '2']);
			await sandbox.reset();
			expect(readdirSync(join(dataFolder, 'messages'))).toEqual([]);
		});
	});

	it('of a client that hangs up half-way leave neither a message nor a file', async () => {
		await withSandbox({ dataFolder }, async (_mesh, sandbox) => {
			const { ca, client } = sandbox.certificates;
			const headers = {
				authorization: token('X26ABC1', sandbox.clock.now()),
				'mex-to': 'X26ABC2',
				'mex-workflowid': 'W',
				'content-length': '1000000',
			};
			const upload = request(`${sandbox.url}/messageexchange/X26ABC1/outbox`, {
				method: 'POST',
				agent: false,
				ca,
				cert: client.certificate,
				key: client.privateKey,
				headers,
			});
			upload.on('error', () => undefined);
			upload.write(Buffer.alloc(200_000));
			const incoming = () => readdirSync(join(dataFolder, 'incoming'));
			while (incoming().length === 0) await new Promise((resolve) => setImmediate(resolve));
			upload.destroy();
			while (incoming().length > 0) await new Promise((resolve) => setImmediate(resolve));
			expect(sandbox.messagesTo('X26ABC2')).toEqual([]);
			expect(sandbox.requests[0]).toMatchObject({ call: 'send', outcome: expect.stringContaining('gave up') as string });
			expect(sandbox.requests[0].status).toBeUndefined();
		});
	});

	it('of a sandbox without a data folder are gone when it closes', async () => {
		const folders = () =>
			readdirSync(tmpdir()).filter((name) => name.startsWith('mesh-sandbox-') && !name.startsWith('mesh-sandbox-test-'));
		const before = new Set(folders());
		const sandbox = await startSandbox();
		await sandbox.putMessage({ to: 'X26ABC2', content: 'x' });
		const own = folders().filter((name) => !before.has(name) && readdirSync(join(tmpdir(), name, 'messages')).length > 0);
		expect(own.length).toBeGreaterThanOrEqual(1);
		await sandbox.close();
		expect(own.some((name) => !existsSync(join(tmpdir(), name)))).toBe(true);
	});
});

describe('start and close', () => {
	it('reject a taken port with EADDRINUSE and leave nothing running', async () => {
		await withSandbox({}, async (_mesh, sandbox) => {
			await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
		});
	});

	it('may close twice, and serve plain http when asked to', async () => {
		const sandbox = await startSandbox({ tls: false });
		expect(sandbox.url).toBe(`http://localhost:${sandbox.port}`);
		await Promise.all([sandbox.close(), sandbox.close()]);
		await withSandbox({ tls: false }, async (mesh) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'plain');
			expect((await mesh.call({ path: `X26ABC2/inbox/${id}` })).text).toBe('plain');
		});
	});
});

const step = fc.oneof(
	fc.record({ kind: fc.constant('set' as const), item: fc.nat(20), time: fc.nat(50) }),
	fc.record({ kind: fc.constant('delete' as const), item: fc.nat(20) }),
	fc.record({ kind: fc.constant('take' as const), now: fc.nat(50) }),
);

describe('items waiting for their time', () => {
	it('come out the earliest first and, at the same time, in the order in which they came, whatever was moved or taken away before', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
				const queue = new DueQueue<number>();
				let waiting: Array<{ item: number; time: number }> = [];
				for (const each of steps) {
					if (each.kind === 'take') {
						const [first] = waiting.filter(({ time }) => time <= each.now).sort((a, b) => a.time - b.time);
						expect(queue.takeDue(each.now)).toBe(first?.item);
						waiting = waiting.filter((other) => other !== first);
					} else {
						waiting = waiting.filter(({ item }) => item !== each.item);
						if (each.kind === 'set') {
							queue.set(each.item, each.time);
							waiting.push(each);
						} else {
							queue.delete(each.item);
						}
					}
				}
			}),
		);
	});
});
