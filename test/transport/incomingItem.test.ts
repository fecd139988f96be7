import * as fc from 'fast-check';
import type { IExecuteFunctions } from 'n8n-workflow';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { readChecksum } from '../../nodes/Mesh/client';
import { RunHints } from '../../nodes/Mesh/transport/hints';
import { toIncomingItem } from '../../nodes/Mesh/transport/incomingItem';
import { bytesOf, failureOf, startWorld } from '../client/world';
import type { World } from '../client/world';

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
