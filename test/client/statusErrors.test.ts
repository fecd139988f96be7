import fc from 'fast-check';
import { CODE_ADVICE, STATUS_ADVICE, adviceOn } from '../../nodes/Mesh/client/statusAdvice';
import type { RefusalFacts } from '../../nodes/Mesh/client/statusAdvice';
import { readErrorBody } from '../../nodes/Mesh/client/statusErrors';
import { cases } from '../support/cases';

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

const about = (facts: Partial<RefusalFacts>) => adviceOn({ status: 403, call: 'send the message', ...facts });
const hint = (status: number, facts: Partial<RefusalFacts> = {}, clockDifferenceMs?: number) =>
	about({ status, ...facts, clockDifferenceMs }).todo;
const HOUR = 3_600_000;

describe('what to do about an error status', () => {
	test('a 403 names clock, mailbox, password and key, because MESH does not say which is wrong', () => {
		expect(hint(403)).toMatch(/mailbox ID.*password.*shared key.*clock/);
	});

	test('a 403 speaks of the message only where a call is about one', () => {
		expect(hint(403)).not.toMatch(/message/);
		expect(about({ messageId: 'M1' }).todo).toMatch(/another mailbox/);
	});

	test('a 403 with a clock that is off by more than two hours says by how much and in which direction', () => {
		expect(hint(403, {}, 3.5 * HOUR)).toMatch(/3 h 30 min behind/);
		expect(hint(403, {}, -72 * HOUR)).toMatch(/3 days ahead/);
		expect(hint(403, {}, 1.9 * HOUR)).not.toMatch(/behind|ahead/);
	});

	test('a code of MESH explains more than the status', () => {
		expect(hint(417, { code: '12' })).toMatch(/look it up/);
		expect(hint(417, { code: 'EPL-153' })).toMatch(/NHS number/);
		expect(hint(417, { code: 'toString' })).toMatch(/recipient mailbox ID/);
	});

	test('a redirect is explained, as it is never followed', () => {
		expect(hint(307)).toMatch(/not followed/);
		expect(hint(301)).toMatch(/not followed/);
	});

	test('"Forbidden" for a message is first of all another mailbox\'s message', () => {
		const { title, todo } = about({ messageId: 'M1', text: 'Forbidden' });
		expect(title).toBe("Message M1 is another mailbox's message");
		expect(todo).toMatch(/^MESH gives a message only to the mailbox that it was sent to/);
	});

	test("a mailbox of one's own that MESH does not know speaks of no workflow", () => {
		const { title, todo } = about({ code: 'EPL-151', call: 'validate the mailbox', mailboxId: 'X26ABC9' });
		expect(title).toBe('MESH does not know mailbox X26ABC9');
		expect(todo).not.toMatch(/workflow/);
		expect(about({ status: 417, code: 'EPL-151', to: 'X26NOPE1' }).title).toBe("MESH has no mailbox 'X26NOPE1' for this workflow");
	});

	test('a title names what is known, and never a placeholder', () => {
		expect(about({ status: 417, code: '12', to: 'X26NOPE1' }).title).toBe("Recipient 'X26NOPE1' is not registered with MESH");
		expect(about({ status: 417, code: '12' }).title).toBe('The recipient is not registered with MESH');
		expect(about({ status: 400, fields: ['mex-to', 'mex-to', 'mex-workflowid'] }).title).toBe(
			'Could not send the message: MESH did not accept mex-to, mex-workflowid',
		);
		const rows = [...Object.values(CODE_ADVICE), ...Object.values(STATUS_ADVICE)].flat();
		for (const { titles, todo } of rows) expect(titles.at(-1) + todo).not.toMatch(/\{(?!call\}|fields\}|clock\}|localId\}|messageId\})/);
		for (const code of [undefined, ...Object.keys(CODE_ADVICE)])
			for (let status = 300; status < 600; status++) {
				const { title, todo } = about({ status, code });
				expect(title).toMatch(/^[A-Z][^{}…]*[^.]$/);
				expect(todo).not.toMatch(/[{}…]/);
			}
	});

	test('every status has a sentence', () => {
		for (let status = 300; status < 600; status++) expect(hint(status)).toMatch(/^[A-Z].*\.$/);
	});

	test('every sentence says what to do, and not only what is wrong', () => {
		const hints = [
			...Array.from({ length: 300 }, (_, at) => hint(300 + at)),
			...Object.keys(CODE_ADVICE).map((code) => hint(417, { code })),
		];
		const telling = /\b(ask|check|contact|correct|do not change|give|put|send|set|track|try|use)\b/i;
		expect(hints.filter((text) => !telling.test(text))).toEqual([]);
	});
});
