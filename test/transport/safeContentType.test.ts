import * as fc from 'fast-check';
import { safeContentType } from '../../nodes/Mesh/transport/safeNames';

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
