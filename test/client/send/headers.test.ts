import fc from 'fast-check';
import { SEND_HEADERS, buildSendHeaders, checkHeaderValue } from '../../../nodes/Mesh/client/send/headers';
import { bufferSource } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { cases } from '../../support/cases';

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
