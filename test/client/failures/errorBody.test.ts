import fc from 'fast-check';
import { readErrorBody } from '../../../nodes/Mesh/client/statusErrors';
import { cases } from '../../support/cases';

describe('the body of an error', () => {
	test.each([
		[
			'v1',
			'{"messageID":"ID1","errorEvent":"SEND","errorCode":"12","errorDescription":"Unregistered to address"}',
			{ event: 'SEND', code: '12', text: 'Unregistered to address', messageId: 'ID1' },
		],
		[
			'v2',
			'{"message_id":"ID1","internal_id":"x","detail":[{"event":"SEND","code":"12","msg":"Unregistered to address"}]}',
			{ event: 'SEND', code: '12', text: 'Unregistered to address', messageId: 'ID1' },
		],
		['v2 with empty event and code', '{"detail":[{"event":"","code":"","msg":"Forbidden"}]}', { text: 'Forbidden' }],
		[
			'v2 with a code that is no number',
			'{"detail":[{"event":"SEND","code":"EPL-151","msg":"No mailbox matched"}]}',
			{ event: 'SEND', code: 'EPL-151', text: 'No mailbox matched' },
		],
		[
			'v2 with a code with a leading zero',
			'{"detail":[{"event":"TRANSFER","code":"06","msg":"MalformedControlFile"}]}',
			{ event: 'TRANSFER', code: '06', text: 'MalformedControlFile' },
		],
		[
			'generic',
			'{"internal_id":"x","message":"An internal error occurred.\\n\\nPlease contact support."}',
			{ text: 'An internal error occurred. Please contact support.' },
		],
		['framework', '{"detail":"Not Found"}', { text: 'Not Found' }],
		['nothing', '', {}],
		[
			'SOAP',
			'<?xml version="1.0"?><soap:Envelope><soap:Body><soap:Fault><faultstring>Internal error</faultstring></soap:Fault></soap:Body></soap:Envelope>',
			{ text: 'Internal error' },
		],
		['a page of a gateway', '<html><head><title>502 Bad Gateway</title></head></html>', { text: '502 Bad Gateway' }],
		['other markup', '<a>b</a>', {}],
		['broken JSON', '{"detail":[{', {}],
		['a number', '42', {}],
		['a list', '[1]', {}],
	])('is understood when it is %s', (_shape, body, facts) => {
		expect(readErrorBody(body)).toEqual(facts);
	});

	test.each([
		[
			'the older validation stack',
			'{"detail":[{"loc":["header","mex-to"],"msg":"field required","type":"value_error.missing"}],"body":null}',
		],
		[
			'the newer validation stack',
			'{"detail":[{"type":"missing","loc":["header","mex-to"],"msg":"Field required","input":{"authorization":"NHSMESH secret"},"url":"https://x"}]}',
		],
	])('of %s gives the field and nothing that may echo a value', (_stack, body) => {
		expect(readErrorBody(body)).toEqual({ fields: ['mex-to'] });
	});

	test('never carries the echoed input of a validation error', () => {
		fc.assert(
			fc.property(
				fc.string({ minLength: 8, unit: fc.constantFrom('q', 'w', 'x', 'z') }),
				fc.constantFrom('mex-to', 'authorization'),
				(secret, field) => {
					const body = JSON.stringify({
						detail: [{ loc: ['header', field], msg: `value ${secret}`, type: 't', input: secret, ctx: { given: secret } }],
						body: secret,
					});
					return !JSON.stringify(readErrorBody(body)).includes(secret);
				},
			),
		);
	});

	test('is bounded and printable whatever it holds', () => {
		const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x'.repeat(5_000)), fc.constantFrom('SEND', '12'));
		const entry = fc.record(
			{ event: text, code: fc.oneof(text, fc.integer()), msg: text, loc: fc.oneof(fc.array(fc.oneof(text, fc.integer())), text) },
			{ requiredKeys: [] },
		);
		const body = fc.oneof(
			fc
				.record(
					{ detail: fc.oneof(fc.array(fc.oneof(entry, fc.jsonValue())), text, entry), message: text, message_id: text },
					{ requiredKeys: [] },
				)
				.map((value) => JSON.stringify(value)),
			fc.json(),
			fc.string({ unit: 'binary' }),
		);
		fc.assert(
			fc.property(body, (raw) => {
				const { event = '', code = '', text: said = '', messageId = '', fields = [] } = readErrorBody(raw);
				return (
					[event, code, said, messageId, ...fields].every((part) => part.length <= 300 && !/[^ -~\u00a0-\uffff]/.test(part)) &&
					fields.length <= 50
				);
			}),
			{ numRuns: cases(30_000) },
		);
	});
});
