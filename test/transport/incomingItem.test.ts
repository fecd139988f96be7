import * as fc from 'fast-check';
import type { IExecuteFunctions } from 'n8n-workflow';
import { createHash } from 'node:crypto';
import { posix, win32 } from 'node:path';
import type { Readable } from 'node:stream';
import { readChecksum } from '../../nodes/Mesh/client';
import { RunHints } from '../../nodes/Mesh/transport/hints';
import { toIncomingItem } from '../../nodes/Mesh/transport/incomingItem';
import { safeContentType, safeFileName } from '../../nodes/Mesh/transport/safeNames';
import { type World, bytesOf, failureOf, startWorld } from '../client/world';
import { cases } from '../support/cases';

describe('checksums', () => {
	const hex = (algorithm: string) => createHash(algorithm).update('x').digest('hex');

	describe('readChecksum', () => {
		test.each(['md5', 'sha1', 'sha256', 'sha384', 'sha512'])('tells %s by the length of a bare digest', (algorithm) => {
			expect(readChecksum(hex(algorithm))).toEqual({ algorithm, digest: hex(algorithm) });
		});

		test.each([
			`sha256:${hex('sha256')}`,
			`SHA-256: ${hex('sha256').toUpperCase()}`,
			`sha256 ${hex('sha256')}`,
			`sha256-${hex('sha256')}`,
			` ${hex('sha256')} `,
		])('understands %s', (text) => {
			expect(readChecksum(text)).toEqual({ algorithm: 'sha256', digest: hex('sha256') });
		});

		test.each([
			['', 'empty'],
			['abc', 'no known length'],
			[`md5:${hex('sha256')}`, 'algorithm and length disagree'],
			[`crc32:${hex('md5')}`, 'unknown algorithm'],
			['q1e4UQDPZ2Kzs7R1m0X9LA==', 'base64'],
		])('does not guess %j: %s', (text) => {
			expect(readChecksum(text)).toBeUndefined();
		});

		test('whatever is received, the digest is lower-case hex of the length that its algorithm has', () => {
			fc.assert(
				fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(md5|sha256)?:?[0-9a-fA-F]{30,66}$/)), (text) => {
					const known = readChecksum(text);
					if (known !== undefined) expect(known.digest).toHaveLength(hex(known.algorithm).length);
				}),
			);
		});
	});
});

describe('what is stored', () => {
	let world: World;
	beforeAll(async () => (world = await startWorld()));
	afterAll(async () => await world.close());

	/** n8n as far as it is needed to store a file; the store reports so many bytes fewer than it was given. */
	const hostThatLoses = (lost: number) =>
		({
			helpers: {
				prepareBinaryData: async (stream: Readable) => ({ data: '', mimeType: 'text/plain', bytes: (await bytesOf(stream)).length - lost }),
			},
			logger: { debug() {}, info() {}, warn() {} },
			getNode: () => ({ name: 'MESH' }),
		}) as unknown as IExecuteFunctions;

	test('a message that the store of n8n did not take completely is an error, so that it is not acknowledged', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'ten bytes.' });
		const receive = async (lost: number) =>
			await toIncomingItem(
				hostThatLoses(lost),
				await world.client().download(messageId),
				{ outputAs: 'binary', binaryProperty: 'data', verifyChecksum: 'fail' },
				new RunHints(hostThatLoses(lost)),
			);
		expect(await failureOf(receive(1))).toMatchObject({ code: 'MESH_INTEGRITY', messageId, temporary: true });
		expect((await receive(0)).json).toMatchObject({ bytes: 10 });
	});
});

describe('content types', () => {
	describe('safeContentType', () => {
		test.each([
			['text/csv', '', { mimeType: 'text/csv' }, 'a plain type is kept'],
			['Text/CSV; charset="UTF-8"', '', { mimeType: 'text/csv', charset: 'utf-8' }, 'case does not matter, the charset is kept apart'],
			[
				'application/hl7-v2+er7; profile=x; charset=iso-8859-1',
				'',
				{ mimeType: 'application/hl7-v2+er7', charset: 'iso-8859-1' },
				'other parameters are dropped',
			],
			['application/octet-stream', 'list.csv', { mimeType: 'text/csv' }, 'MESH loses the type of many messages, the name still tells'],
			['application/octet-stream; charset=utf-8', 'x.dat', { mimeType: 'application/octet-stream' }, 'a charset means nothing for bytes'],
			[undefined, 'x.PDF', { mimeType: 'application/pdf' }, 'no type at all: the name tells'],
			[undefined, 'x.dat', { mimeType: 'application/octet-stream' }, 'nothing tells'],
			['text/html\r\nx-evil: 1', '', { mimeType: 'application/octet-stream' }, 'line breaks would make a header of their own'],
			['<script>', '', { mimeType: 'application/octet-stream' }, 'not a media type'],
			[undefined, 'x.constructor', { mimeType: 'application/octet-stream' }, 'names of object members are not extensions'],
		])('%j with file name %j gives %j: %s', (...[received, fileName, expected]) => {
			expect(safeContentType(received, fileName)).toEqual(expected);
		});

		test('whatever is received, the result is a bare media type', () => {
			fc.assert(
				fc.property(
					fc.oneof(
						fc.string({ unit: 'binary' }),
						fc.string().map((text) => `text/plain;charset=${text}`),
					),
					fc.string(),
					(received, fileName) => {
						const { mimeType, charset = 'utf-8' } = safeContentType(received, fileName);
						expect(mimeType).toMatch(/^[a-z0-9][\w.+-]*\/[a-z0-9][\w.+-]*$/);
						expect(charset).toMatch(/^[a-z0-9][\w.:+-]*$/);
					},
				),
			);
		});
	});
});

describe('file names', () => {
	describe('safeFileName keeps honest names as they are', () => {
		test.each(['report.csv', 'Discharge summary 2025-11-03.pdf', 'données_été.xml', '報告.txt', 'archive.tar.gz', 'console.log', 'a'])(
			'%s',
			(name) => {
				expect(safeFileName(name)).toBe(name);
			},
		);
	});

	describe('safeFileName makes dangerous names harmless', () => {
		test.each([
			['../../etc/passwd', 'passwd', 'a path would leave the folder'],
			['C:\\Windows\\system.ini', 'system.ini', 'a Windows path counts on every system'],
			['/absolute/name.txt', 'name.txt', 'an absolute path would name any file'],
			['folder/', 'fallback.dat', 'a folder is not a file'],
			['..', 'fallback.dat', 'the parent folder is not a file'],
			['.bashrc', 'bashrc', 'a leading dot hides the file'],
			['report.txt. .', 'report.txt', 'Windows drops trailing dots and spaces'],
			['NUL', '_NUL', 'Windows takes it for a device'],
			['com1.csv', '_com1.csv', 'a device stays one with an extension'],
			['LPT¹.txt', '_LPT¹.txt', 'superscript digits name devices too'],
			['CON .txt', '_CON .txt', 'Windows takes it for a device in spite of the space'],
			['a\u0000b\r\n.txt', 'ab.txt', 'control characters break headers and logs'],
			['fdp\u202Ecod.exe', 'fdpcod.exe', 'reversed text would hide the extension'],
			['a<b>:"c|?*.txt', 'a_b___c___.txt', 'Windows refuses these characters'],
			['\uD800.txt', 'txt', 'half a character cannot be written'],
			['', 'fallback.dat', 'a file needs a name'],
			[undefined, 'fallback.dat', 'a message need not have a file name'],
		])('%j becomes %j: %s', (...[received, expected]) => {
			expect(safeFileName(received, 'fallback.dat')).toBe(expected);
		});

		test('a name that is too long is cut between characters and keeps its extension', () => {
			const name = safeFileName(`${'é'.repeat(300)}.csv`);
			expect(name).toMatch(/^é+\.csv$/);
			expect(Buffer.byteLength(name)).toBe(200);
		});

		test('the fallback is cleaned too, because message IDs come from the server', () => {
			expect(safeFileName('', '../x/\u0007y.dat')).toBe('y.dat');
			expect(safeFileName('', '///')).toBe('message.dat');
		});

		test('whatever is received, the result is one safe base name, and cleaning it again changes nothing', () => {
			const parts = fc.array(
				fc.oneof(
					fc.string({ unit: 'binary' }),
					fc.constantFrom('..', '/', '\\', '.', ' ', 'CON', 'nul.', '\u0000', '\u202E', 'C:', 'é'.repeat(90)),
				),
				{ maxLength: 8 },
			);
			fc.assert(
				fc.property(
					parts.map((list) => list.join('')),
					fc.string(),
					(received, fallback) => {
						const name = safeFileName(received, fallback);
						expect(name).not.toBe('');
						expect(posix.basename(name)).toBe(name);
						expect(win32.basename(name)).toBe(name);
						expect(name).not.toMatch(/[\p{Cc}\p{Cs}<>:"|?*]|^[. ]|[. ]$/u);
						expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
						expect(safeFileName(name)).toBe(name);
					},
				),
				{ numRuns: cases(1000) },
			);
		});
	});
});
