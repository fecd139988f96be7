import fc from 'fast-check';
import { bufferSource } from '../../nodes/Mesh/client';
import { parseChunkRange, parseMessageHeaders } from '../../nodes/Mesh/client/messageHeaders';
import { SEND_HEADERS, buildSendHeaders, checkHeaderValue } from '../../nodes/Mesh/client/send/headers';
import { cases } from '../support/cases';
import { thrownBy } from './world';

describe('the headers of a received message', () => {
	test('the headers of a data message become properties with their types', () => {
		expect(
			parseMessageHeaders(
				{
					'mex-messageid': 'ID1',
					'mex-messagetype': 'DATA',
					'mex-from': 'A',
					'mex-to': 'B',
					'mex-workflowid': 'WF',
					'mex-subject': 'S',
					'mex-localid': 'L',
					'mex-partnerid': 'P',
					'mex-filename': 'f.dat',
					'mex-content-type': 'text/csv',
					'content-type': 'text/plain',
					'mex-content-checksum': 'ab',
					'mex-content-encrypted': 'Y',
					'mex-content-compressed': 'TRUE',
					'mex-chunk-range': '1:3',
					'mex-statuscode': '00',
					'mex-statusevent': 'TRANSFER',
					'mex-statusdescription': 'Transferred',
					'mex-statussuccess': 'SUCCESS',
					'mex-statustimestamp': '20200601122152',
				},
				'ID1',
			),
		).toEqual({
			messageId: 'ID1',
			messageType: 'DATA',
			from: 'A',
			to: 'B',
			workflowId: 'WF',
			subject: 'S',
			localId: 'L',
			partnerId: 'P',
			fileName: 'f.dat',
			contentType: 'text/csv',
			checksum: 'ab',
			contentEncrypted: true,
			contentCompressed: true,
			chunkCount: 3,
			statusCode: '00',
			statusEvent: 'TRANSFER',
			statusDescription: 'Transferred',
			statusSuccess: true,
			statusTimestamp: new Date('2020-06-01T12:21:52Z'),
		});
	});

	test('a report has no content, and the ID of the message that failed', () => {
		expect(
			parseMessageHeaders(
				{
					'mex-messagetype': 'Report',
					'mex-chunk-range': '1:0',
					'mex-statussuccess': 'ERROR',
					'mex-statuscode': '14',
					'mex-linkedmsgid': 'ID0',
					'content-type': 'text/plain',
				},
				'ID1',
			),
		).toEqual({
			messageId: 'ID1',
			messageType: 'REPORT',
			chunkCount: 0,
			statusSuccess: false,
			statusCode: '14',
			linkedMessageId: 'ID0',
			contentEncrypted: false,
			contentCompressed: false,
		});
	});

	test('a message without a chunk range is one chunk', () => {
		expect(parseMessageHeaders({}, 'ID1')).toEqual({
			messageId: 'ID1',
			messageType: 'DATA',
			chunkCount: 1,
			contentEncrypted: false,
			contentCompressed: false,
		});
	});

	test('a repeated header counts once, and control characters do not come in', () => {
		const headers = parseMessageHeaders({ 'mex-subject': ['one', 'two'], 'mex-filename': 'a\u0000b\u001f', 'mex-localid': ' ' }, 'ID1');
		expect(headers).toMatchObject({ subject: 'one', fileName: 'ab' });
		expect(headers).not.toHaveProperty('localId');
	});

	test('whatever a server sends, the result is well-formed', () => {
		const names = [
			'mex-messageid',
			'mex-messagetype',
			'mex-from',
			'mex-chunk-range',
			'mex-total-chunks',
			'mex-statustimestamp',
			'mex-statussuccess',
			'mex-content-compressed',
			'mex-filename',
			'content-type',
			'__proto__',
			'constructor',
		];
		const value = fc.oneof(
			fc.string({ unit: 'binary', maxLength: 40 }),
			fc.constantFrom('REPORT', '1:3', '0:0', '99999999:99999999', '20201399999999', 'Y', ''),
			fc.array(fc.string({ maxLength: 5 }), { maxLength: 2 }),
		);
		fc.assert(
			fc.property(fc.dictionary(fc.constantFrom(...names), value), (raw) => {
				const headers = parseMessageHeaders(raw, 'ID1');
				const { messageId, chunkCount, messageType, statusTimestamp } = headers;
				// Plain conditions: 40,000 times `expect` takes most of a minute.
				return (
					messageId.length > 0 &&
					Number.isSafeInteger(chunkCount) &&
					chunkCount >= 0 &&
					(messageType === 'DATA' || messageType === 'REPORT') &&
					!(statusTimestamp && Number.isNaN(statusTimestamp.getTime())) &&
					Object.values(headers).every((value) => typeof value !== 'string' || !/[^ -\uffff]/.test(value))
				);
			}),
			{ numRuns: cases(40_000) },
		);
	});

	describe('a chunk range', () => {
		test('every range that MESH can send is read, also in braces', () => {
			fc.assert(
				fc.property(fc.nat(999_999_999), fc.nat(999_999_999), fc.constantFrom('a:b', ' a : b ', '{a:b}'), (chunk, total, form) => {
					expect(parseChunkRange(form.replace('a', String(chunk)).replace('b', String(total)))).toEqual({ chunk, total });
				}),
			);
		});

		test('anything else is no range, and huge numbers are not read as ones that JavaScript cannot hold', () => {
			for (const text of [
				undefined,
				'',
				':',
				'1',
				'1:',
				':1',
				'1:2:3',
				'-1:2',
				'1:-2',
				'1.5:2',
				'1e3:2',
				'0x1:2',
				'1:9999999999',
				'a:b',
				'１:２',
			]) {
				expect(parseChunkRange(text)).toBeUndefined();
			}
			fc.assert(
				fc.property(fc.string({ unit: 'binary' }), (text) => {
					const range = parseChunkRange(text);
					return range === undefined || (Number.isSafeInteger(range.chunk) && Number.isSafeInteger(range.total));
				}),
				{ numRuns: cases(10_000) },
			);
		});
	});
});

describe('the headers of a message to send', () => {
	const rule = (parameter: string) => SEND_HEADERS.find((candidate) => candidate.parameter === parameter)!;
	const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1 });
	const eachRule = SEND_HEADERS.map((candidate) => [candidate.parameter, candidate] as const);

	describe.each(eachRule)('the value of %s', (parameter, candidate) => {
		test('is refused with any character outside printable ASCII, naming the parameter and never the value', () => {
			const outside = fc
				.integer({ min: 0, max: 0x10ffff })
				.filter((code) => (code < 0x20 || code > 0x7e) && (code < 0xd800 || code > 0xdfff));
			fc.assert(
				fc.property(printable, outside, printable, (before, code, after) => {
					const error = thrownBy(() => checkHeaderValue(candidate, `${before}${String.fromCodePoint(code)}${after}`));
					expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
					if (before.length > 3) expect(error.message).not.toContain(before);
				}),
				{ numRuns: cases(300) },
			);
		});

		test('may have exactly as many characters as MESH takes, and not one more', () => {
			const { maxLength, title } = candidate;
			expect(checkHeaderValue(candidate, 'a'.repeat(maxLength))).toHaveLength(maxLength);
			const error = thrownBy(() => checkHeaderValue(candidate, 'a'.repeat(maxLength + 1)));
			expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
			expect(error.message).toBe(`The ${title} has ${maxLength + 1} characters, MESH takes ${maxLength} at most`);
		});
	});

	test('printable ASCII goes out as it is, without the outer spaces that HTTP would drop anyway', () => {
		fc.assert(
			fc.property(printable, (text) => {
				const value = `  ${text} `;
				fc.pre(text.length <= 500);
				expect(checkHeaderValue(rule('subject'), value)).toBe(text);
			}),
			{ numRuns: cases(1_000) },
		);
	});

	test.each(['to', 'workflowId', 'checksum'])('%s may not begin like a web address, in any case of letters', (parameter) => {
		for (const value of ['http://a', 'HTTPS://a', ' Http://']) {
			expect(thrownBy(() => checkHeaderValue(rule(parameter), value))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
		}
	});

	test('a subject may hold a web address, as MESH takes it there', () => {
		expect(checkHeaderValue(rule('subject'), 'https://example.org')).toBe('https://example.org');
	});

	test('a checksum in base64 is refused with the advice to use hexadecimal', () => {
		for (const value of ['XrY7u+Ae7tCTyyK7j1rNww==', 'a_b', 'a.b', 'a+b', 'a=b', 'a\\b']) {
			const error = thrownBy(() => checkHeaderValue(rule('checksum'), value));
			expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'checksum' });
			expect(error.hint).toMatch(/hexadecimal/);
		}
		expect(checkHeaderValue(rule('checksum'), 'sha256:ab12')).toBe('sha256:ab12');
	});

	test.each(['to', 'workflowId'])('%s must be given', (parameter) => {
		expect(thrownBy(() => checkHeaderValue(rule(parameter), '  '))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
	});

	test('a line break is named as such, because people cannot see it', () => {
		expect(thrownBy(() => checkHeaderValue(rule('subject'), 'one\ntwo')).message).toMatch(/line break/);
		expect(thrownBy(() => checkHeaderValue(rule('subject'), 'a\u2019b')).message).toMatch(/U\+2019/);
	});

	const source = bufferSource(Buffer.from('x'));

	test('everything a sender can say gets its header', () => {
		expect(
			buildSendHeaders({
				to: 'X26ABC2',
				workflowId: 'WF',
				subject: 'S',
				localId: 'L',
				fileName: 'f.csv',
				contentType: 'text/csv',
				checksum: 'ab',
				partnerId: 'P',
				contentEncrypted: true,
				contentCompressed: true,
				source,
			}),
		).toEqual({
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'WF',
			'mex-subject': 'S',
			'mex-localid': 'L',
			'mex-filename': 'f.csv',
			'mex-content-type': 'text/csv',
			'content-type': 'text/csv',
			'mex-content-checksum': 'ab',
			'mex-partnerid': 'P',
			'mex-content-encrypted': 'Y',
			'mex-content-compressed': 'Y',
		});
	});

	test('what is not said, or blank, is left out', () => {
		expect(buildSendHeaders({ to: 'X26ABC2', workflowId: 'WF', subject: '  ', fileName: '', source })).toEqual({
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'WF',
			'content-type': 'application/octet-stream',
		});
	});
});
