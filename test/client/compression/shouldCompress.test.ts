import { randomBytes } from 'node:crypto';
import { bufferSource } from '../../../nodes/Mesh/client';
import type { OutgoingMessage } from '../../../nodes/Mesh/client';
import { shouldCompress } from '../../../nodes/Mesh/client/send/gzip';

const text = bufferSource(Buffer.from('a,b,c\n'.repeat(20_000)));
const random = bufferSource(randomBytes(100_000));
const message = (changes: Partial<OutgoingMessage>): OutgoingMessage => ({ to: 'A', workflowId: 'W', source: text, ...changes });

describe('whether to compress', () => {
	test('is decided by a sample where the type says nothing', async () => {
		expect(await shouldCompress(message({}))).toBe(true);
		expect(await shouldCompress(message({ contentType: 'text/csv' }))).toBe(true);
		expect(await shouldCompress(message({ source: random }))).toBe(false);
		expect(await shouldCompress(message({ source: random, contentType: 'text/csv' }))).toBe(false);
	});

	test.each([
		'image/jpeg',
		'IMAGE/PNG',
		'video/mp4',
		'audio/mpeg',
		'application/zip',
		'application/gzip',
		'application/x-7z-compressed',
		'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
	])('is no for %s, without reading anything', async (contentType) => {
		const unread = {
			size: 100_000,
			read: () => {
				throw new Error('read');
			},
		};
		expect(await shouldCompress(message({ contentType, source: unread }))).toBe(false);
	});

	test.each(['image/svg+xml', 'image/bmp', 'audio/wav', 'application/json'])('is left to the sample for %s', async (contentType) => {
		expect(await shouldCompress(message({ contentType }))).toBe(true);
	});

	test('is no for what the sender calls compressed or encrypted, and for what is tiny', async () => {
		expect(await shouldCompress(message({ contentCompressed: true }))).toBe(false);
		expect(await shouldCompress(message({ contentEncrypted: true }))).toBe(false);
		expect(await shouldCompress(message({ source: bufferSource(Buffer.alloc(4_095)) }))).toBe(false);
		expect(await shouldCompress(message({ source: bufferSource(Buffer.alloc(4_096)) }))).toBe(true);
	});

	test('is as the user says otherwise', async () => {
		expect(await shouldCompress(message({ source: random }), 'always')).toBe(true);
		expect(await shouldCompress(message({}), 'never')).toBe(false);
	});
});
