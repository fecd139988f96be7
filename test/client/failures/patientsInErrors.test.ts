import fc from 'fast-check';
import { inspect } from 'node:util';
import { bufferSource } from '../../../nodes/Mesh/client';
import type { MeshClient, MeshError, OutgoingMessage, SendOptions } from '../../../nodes/Mesh/client';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import { cases } from '../../support/cases';
import { failureOf, startWorld } from '../world';
import type { World } from '../world';

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
