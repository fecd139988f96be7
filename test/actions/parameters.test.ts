import { readUploadState } from '../../nodes/Mesh/actions/message/sendMessage';
import { findOperation, operations } from '../../nodes/Mesh/actions/router';
import { bytesOfMebibytes } from '../../nodes/Mesh/transport/receivingFields';

const upload = { messageId: 'M1', localId: 'L1', nextChunk: 2, chunkCount: 3, chunkSize: 10, compressed: false, size: 25 };
const invalid = (parameter: string) => expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter, hint: expect.any(String) });

describe('Continue Upload', () => {
	test.each([
		['an object, from an expression', upload],
		['its JSON, typed in', JSON.stringify(upload)],
		['with fields that it does not know', { ...upload, more: 1 }],
	])('takes %s', (_form, value) => {
		expect(readUploadState(value)).toEqual(upload);
	});

	test.each([[undefined], [null], [''], ['  '], [{}], ['{}']])('%j means a new message', (value) => {
		expect(readUploadState(value)).toBeUndefined();
	});

	test.each([
		['not json'],
		['[]'],
		[7],
		[true],
		[{ ...upload, messageId: 5 }],
		[{ ...upload, nextChunk: '2' }],
		[{ ...upload, compressed: undefined }],
		[{ messageId: 'M1' }],
	])('%j is refused, because continuing something else would damage a message', (value) => {
		expect(() => readUploadState(value)).toThrow(invalid('continueUpload'));
	});
});

describe('sizes in MiB', () => {
	test.each([
		[20, 20 * 1024 * 1024],
		[0.5, 524_288],
		[16 / 1_048_576, 16],
		['1', 1_048_576],
		[0, undefined],
		['', undefined],
		[undefined, undefined],
	])('%j is %j bytes', (value, bytes) => {
		expect(bytesOfMebibytes(value, 'chunkSize', 'Chunk Size')).toBe(bytes);
	});

	test.each([[-1], [Number.NaN], ['many'], [{}], [1e-9], [Infinity]])('%j is refused', (value) => {
		expect(() => bytesOfMebibytes(value, 'chunkSize', 'Chunk Size')).toThrow(invalid('chunkSize'));
	});
});

describe('the table of operations', () => {
	test('holds an operation for each resource and name', () => {
		expect(
			Object.entries(operations)
				.flatMap(([resource, group]) => Object.keys(group).map((name) => `${resource}.${name}`))
				.sort(),
		).toEqual([
			'directory.lookUp',
			'directory.search',
			'mailbox.checkConnection',
			'mailbox.count',
			'mailbox.validate',
			'message.acknowledge',
			'message.download',
			'message.getHeaders',
			'message.getMany',
			'message.reply',
			'message.send',
			'message.track',
		]);
	});

	test.each([
		['message', 'fly'],
		['mailbox', 'send'],
		['constructor', 'name'],
		[undefined, undefined],
	])('refuses %j and %j', (resource, operation) => {
		expect(() => findOperation(resource, operation)).toThrow(invalid('operation'));
	});
});
