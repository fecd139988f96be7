import fc from 'fast-check';
import { inspect } from 'node:util';
import { bufferSource } from '../../nodes/Mesh/client';
import type { MeshClient, MeshError, OutgoingMessage, SendOptions } from '../../nodes/Mesh/client';
import { redactorOf } from '../../nodes/Mesh/client/redaction';
import { claims } from '../../nodes/Mesh/client/send/claims';
import { cases } from '../support/cases';
import { failureOf, startWorld } from './world';
import type { World } from './world';

describe('in one text', () => {
	const hide = (text: string, secrets: string[] = []) => redactorOf(secrets)(text);

	test('tokens, patient addresses and the given secrets are hidden in what a server says', () => {
		const text = 'got NHSMESH X26:abc:0:2020:deadbeef with hunter22 for GPPROVIDER_9434765919_19550109_Smith';
		expect(hide(text, ['hunter22', 'ab'])).toBe('got [hidden] with [hidden] for [hidden]');
	});

	test('of a patient address nothing is left when the surname has several words', () => {
		expect(hide('no mailbox for "GPPROVIDER_9434765919_19550109_Van Der Berg", sorry')).toBe('no mailbox for "[hidden]", sorry');
	});

	test('a token is hidden without its scheme too, and when its colons are encoded', () => {
		const token =
			'X26ABC1:bd0e2bd5-218e-41d0-83a9-73fdec414803:0:202005041305:1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc';
		for (const spelled of [token, encodeURIComponent(token), `NHSMESH ${token}`, `nhsmesh%20${token}`, token.toUpperCase()])
			expect(hide(`bad "${spelled}"`)).toMatch(/^bad "\[hidden\]/);
	});

	test('NHS numbers are hidden wherever they stand; other numbers of ten digits and message IDs are not', () => {
		expect(hide('patient 9434765919, 943 476 5919 or 943-476-5919 not found')).toBe('patient [hidden], [hidden] or [hidden] not found');
		for (const other of ['9434765918', '20200529155357895317_3573F8', '202005041305', '94347659190', '19434765919'])
			expect(hide(`about ${other}.`)).toBe(`about ${other}.`);
	});

	/** How servers and gateways give a text back. */
	const SPELLINGS: Array<[string, (text: string) => string]> = [
		['as it is', (text) => text],
		['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
		['for a URL', encodeURIComponent],
		['for a URL in lower case', (text) => encodeURIComponent(text).toLowerCase()],
		['in capitals', (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())],
	];

	const secret = fc
		.oneof(
			fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme-ascii' }),
			fc.string({ minLength: 6, maxLength: 20, unit: 'binary' }),
			fc.string({
				minLength: 6,
				maxLength: 30,
				unit: fc.constantFrom(
					'"',
					"'",
					'\\',
					'/',
					'&',
					'<',
					'%',
					'+',
					' ',
					'é',
					'€',
					'💥',
					'a',
					'1',
					'=',
					';',
					'$',
					'(',
					'[',
					'.',
					'*',
					'?',
					'^',
					'|',
					'-',
				),
			}),
		)
		.filter((text) => !/[\u0000-\u001f\u007f]/.test(text) && text.trim() === text && text.trim().length >= 6); // eslint-disable-line no-control-regex

	test.each(SPELLINGS)('a secret is found %s, whatever it is made of (60 secrets)', (_how, spell) => {
		fc.assert(
			fc.property(secret, fc.constantFrom('', ' ', '": "', 'key='), (value, before) => {
				const left = hide(`${before}${spell(value)}`, [value]);
				expect(left.replace(before, '').replace(/\[hidden\]/g, '')).toBe('');
				expect(left).toContain('[hidden]');
			}),
			{ numRuns: 60 },
		);
	});

	test.each(SPELLINGS)('a secret with white space that is not ASCII is found %s', (_how, spell) => {
		for (const value of ['!   \u2000!', 'a\u00a0secret', 'one \u3000 two'])
			expect(hide(`: ${spell(value)}`, [value])).toMatch(/^: .{0,8}\[hidden\]/);
	});

	test('a secret as long as a page is hidden to its end', () => {
		const long = Array.from({ length: 500 }, (_, at) => `word${at}`).join(' ');
		expect(hide(`<${long}>`, [long]).replace(/\[hidden\]/g, '')).toBe('<>');
	});

	test.each([
		'\\'.repeat(65_536),
		'%25'.repeat(21_000),
		'&amp;'.repeat(13_000),
		'x'.repeat(65_536),
		'X26:'.repeat(16_000),
		' +'.repeat(32_000),
		`${'1234567 '.repeat(8_000)}`,
		`NHSMESH${' '.repeat(60_000)}`,
		`GPPROVIDER_${'x'.repeat(60_000)}`,
	])('no text of a server takes long to look through (%#)', (text) => {
		expect(
			hide(text, ["\\\\'\\ \" a'\\", '%%25&amp;&', 'xxxxxxxxxxxx', '    ++++    ', ' spaces  and\\\\ more ']).length,
		).toBeLessThanOrEqual(text.length + 600_000);
	});
});

describe('in errors and the log', () => {
	const [PASSWORD, SHARED_KEY, PASSPHRASE] = ['Mailbox-Pass-7Q2', 'Shared-Key-9Z4', 'Pass-Phrase-3X8'];
	const [SURNAME, BIRTH] = ['Quillfeather', '19550109'];

	let world: World;
	beforeAll(async () => {
		world = await startWorld({
			sharedKey: SHARED_KEY,
			mailboxes: ['X26ABC1', 'X26ABC2'].map((mailboxId) => ({ mailboxId, odsCode: 'X26', password: PASSWORD })),
		});
	});
	afterAll(async () => await world.close());

	/** Ten digits with the check digit of an NHS number. */
	const nhsNumber = fc
		.integer({ min: 100_000_000, max: 999_999_999 })
		.map((nine) => {
			const check = (11 - ([...String(nine)].reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0) % 11)) % 11;
			return check === 10 ? '9434765919' : `${nine}${check}`;
		})
		.chain((digits) =>
			fc.constantFrom(digits, ...[' ', '-'].map((between) => [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)].join(between))),
		);

	/** What somebody puts into a field of free text. */
	const field = fc
		.tuple(
			fc.constantFrom('', 'for ', 'ref-', 'letter of '),
			fc.oneof(nhsNumber, fc.constantFrom(PASSWORD, SHARED_KEY, PASSPHRASE, `GPPROVIDER_9434765919_${BIRTH}_${SURNAME}`)),
			fc.constantFrom('', '-1', ' v2', '.pdf'),
		)
		.map((parts) => ({ text: parts.join(''), hidden: parts[1] }));

	const content = Buffer.alloc(300_000, 'x');
	const inThree: SendOptions = { chunkSize: 100_000, compression: 'never' };
	const echo = (text: string) => JSON.stringify({ detail: [{ event: 'SEND', code: 'X', msg: `Bad value ${text} in the request` }] });
	/** Ways for a call to fail that is about a message with a local ID. */
	type Failure = [string, (client: MeshClient, message: OutgoingMessage, text: string) => Promise<unknown>];

	const arm = (...rules: Parameters<World['sandbox']['arm']>) => world.sandbox.arm(...rules);
	const failures: Failure[] = [
		[
			'refused, with what was sent given back',
			async (client, message, text) => {
				arm({ call: 'send', fault: { kind: 'status', status: 400, body: echo(text) } });
				await client.send(message);
			},
		],
		[
			'of unknown outcome',
			async (client, message) => {
				arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
				await client.send(message);
			},
		],
		[
			'interrupted by a refusal that gives back what was sent',
			async (client, message, text) => {
				arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400, body: echo(text) } });
				await client.send(message, inThree);
			},
		],
		[
			'interrupted by lost connections',
			async (client, message) => {
				arm({ call: 'sendChunk', chunk: 3, times: 99, fault: { kind: 'resetBeforeProcessing' } });
				await client.send(message, inThree);
			},
		],
		[
			'cancelled in doubt',
			async (client, message) => {
				const stop = new AbortController();
				arm({ call: 'send', fault: { kind: 'stall', where: 'beforeAnswer' } });
				const sent = client.send(message, { signal: stop.signal });
				await Promise.race([sent, world.sandbox.nextSilence()]);
				stop.abort();
				await sent;
			},
		],
		[
			'continued with other content',
			async (client, message) => {
				arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400 } });
				const { upload } = await failureOf(client.send(message, inThree));
				await client.send({ ...message, source: bufferSource(Buffer.alloc(300_000, 'y')) }, { continueFrom: upload });
			},
		],
		[
			'tried again with other content after an unknown outcome',
			async (client, message) => {
				arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
				const { unsettled } = await failureOf(client.send(message));
				await client.send({ ...message, source: bufferSource(Buffer.from('y')) }, { unsettled });
			},
		],
		[
			'of content that cannot be read',
			async (client, message) => {
				const read = () => {
					throw Object.assign(new Error('no'), { code: 'EIO' });
				};
				await client.send({ ...message, source: { size: 10, read } }, { compression: 'never' });
			},
		],
		[
			'tracked by a local ID that something in front of MESH refuses',
			async (client, { localId = '' }) => {
				arm({ call: 'trackLocal', fault: { kind: 'emptyForbidden' } });
				await client.trackByLocalId(localId);
			},
		],
		[
			'tracked by a local ID while MESH is down',
			async (client, { localId = '' }) => {
				arm({ call: 'trackLocal', times: 99, fault: { kind: 'status', status: 503 } });
				await client.trackByLocalId(localId);
			},
		],
	];

	/** All that anybody can read of an error. The state of a send in doubt is for the next try alone. */
	function everythingIn(error: MeshError): string {
		return [error.message, error.stack, error.cause, { ...error, unsettled: undefined }]
			.map((part) => inspect(part, { depth: 20 }))
			.join('\n');
	}

	test.each(failures)(
		'neither patient nor secret in a local ID, a subject, a file name or a recipient is in an error %s, or in the log',
		async (_how, act) => {
			await fc.assert(
				fc.asyncProperty(field, field, field, fc.boolean(), async (localId, subject, fileName, toPractice) => {
					await world.reset();
					claims.clear();
					const { certificate, privateKey } = world.sandbox.certificates.client;
					const client = world.client('X26ABC1', {
						mailboxPassword: PASSWORD,
						sharedKey: SHARED_KEY,
						tls: { clientCertificate: certificate, privateKey, caCertificates: world.sandbox.certificates.ca, passphrase: PASSPHRASE },
					});
					const message: OutgoingMessage = {
						to: toPractice ? `GPPROVIDER_9434765919_${BIRTH}_${SURNAME}` : 'X26ABC2',
						workflowId: 'WF',
						localId: localId.text,
						subject: subject.text,
						fileName: fileName.text,
						source: bufferSource(content),
					};
					const error = await failureOf(act(client, message, `${localId.text} / ${subject.text} / ${fileName.text} / ${message.to}`));
					await client.close();
					const shown = `${everythingIn(error)}\n${world.log.join('\n')}`;
					for (const { hidden } of [localId, subject, fileName]) expect(shown).not.toContain(hidden);
					for (const secret of [PASSWORD, SHARED_KEY, PASSPHRASE, SURNAME, '9434765919']) expect(shown).not.toContain(secret);
					expect(error.hint).toMatch(/\w+ \w+.*\./);
				}),
				{ numRuns: cases(60) },
			);
		},
	);

	test('what is no secret stays readable: a local ID of the usual kind, and the words of an error that are also a password', async () => {
		await world.reset();
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const tls = { ...world.options().tls, passphrase: 'message' };
		const client = world.client('X26ABC1', { mailboxPassword: PASSWORD, sharedKey: SHARED_KEY, tls });
		const error = await failureOf(client.send({ to: 'X26ABC2', workflowId: 'WF', localId: 'order-4711', source: bufferSource(content) }));
		expect(`${error.message} ${error.hint}`).toMatch(/the message with local ID order-4711/);
	});
});
