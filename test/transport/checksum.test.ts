import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { readChecksum } from '../../nodes/Mesh/client';

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
