import fc from 'fast-check';
import { MeshError } from '../../nodes/Mesh/client';
import { failedStep } from '../../nodes/Mesh/client/diagnosis';
import { NotConnected, NotVerified } from '../../nodes/Mesh/client/http/connect';
import { networkError } from '../../nodes/Mesh/client/http/networkErrors';
import { CODE_ADVICE, type RefusalFacts, STATUS_ADVICE, adviceOn } from '../../nodes/Mesh/client/statusAdvice';
import { readErrorBody } from '../../nodes/Mesh/client/statusErrors';
import { cases } from '../support/cases';

const withCode = (code: string, extra: object = {}) => Object.assign(new Error('text that may hold anything'), { code, ...extra });
const context = { call: 'list the inbox', host: 'mesh.example', sent: false };

/** The names in Node's own source (`X509ErrorCode`). */
const NODE_VERIFICATION_CODES = [
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_CRL',
	'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
	'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
	'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
	'CERT_SIGNATURE_FAILURE',
	'CRL_SIGNATURE_FAILURE',
	'CERT_NOT_YET_VALID',
	'CERT_HAS_EXPIRED',
	'CRL_NOT_YET_VALID',
	'CRL_HAS_EXPIRED',
	'ERROR_IN_CERT_NOT_BEFORE_FIELD',
	'ERROR_IN_CERT_NOT_AFTER_FIELD',
	'ERROR_IN_CRL_LAST_UPDATE_FIELD',
	'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
	'OUT_OF_MEM',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'CERT_CHAIN_TOO_LONG',
	'CERT_REVOKED',
	'INVALID_CA',
	'PATH_LENGTH_EXCEEDED',
	'INVALID_PURPOSE',
	'CERT_UNTRUSTED',
	'CERT_REJECTED',
	'HOSTNAME_MISMATCH',
	'UNSPECIFIED',
];

describe('a failure of the connection', () => {
	test.each([
		['ECONNREFUSED', 'MESH_NETWORK', /nothing accepts connections/, true],
		['ENOTFOUND', 'MESH_NETWORK', /not known to DNS/, true],
		['EAI_AGAIN', 'MESH_NETWORK', /DNS/, true],
		['ECONNRESET', 'MESH_NETWORK', /reset/, true],
		['UND_ERR_SOCKET', 'MESH_NETWORK', /broke/, true],
		['MESH_CONNECT_TIMEOUT', 'MESH_TIMEOUT', /in time/, true],
		['UND_ERR_HEADERS_TIMEOUT', 'MESH_TIMEOUT', /no answer/, true],
		['ETIMEDOUT', 'MESH_TIMEOUT', /timed out/, true],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'MESH_TLS', /self-signed/, false],
		['SELF_SIGNED_CERT_IN_CHAIN', 'MESH_TLS', /not trusted/, false],
		['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'MESH_TLS', /not trusted/, false],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'MESH_TLS', /cannot be verified/, false],
		['CERT_HAS_EXPIRED', 'MESH_TLS', /expired/, false],
		['CERT_NOT_YET_VALID', 'MESH_TLS', /not valid yet/, false],
		['ERR_TLS_CERT_ALTNAME_INVALID', 'MESH_TLS', /another host name/, false],
		['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'MESH_TLS', /our client certificate was refused/, false],
		['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'MESH_TLS', /demands a client certificate/, false],
		['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'MESH_TLS', /expired/, false],
		['ERR_SSL_SOME_NEW_ALERT_NAME', 'MESH_TLS', /refused the TLS connection/, false],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'MESH_TLS', /does not speak TLS/, false],
		['ERR_TLS_SOMETHING', 'MESH_TLS', /TLS connection failed/, false],
		['HPE_INVALID_CONSTANT', 'MESH_PROTOCOL', /not valid HTTP/, true],
		['SOMETHING_NEW', 'MESH_NETWORK', /reason that is not known here/, true],
		['toString', 'MESH_NETWORK', /reason that is not known here/, true],
	])('of code %s is a %s in plain words', (networkCode, code, text, temporary) => {
		const error = networkError(withCode(networkCode), context);
		expect(error).toMatchObject({ code, networkCode, temporary, call: 'list the inbox', ambiguous: false });
		expect(error.message).toMatch(text);
		expect(error.message).toContain('mesh.example');
		expect(error.hint).toMatch(/\.$/);
		expect(error.message).not.toContain('text that may hold anything');
	});

	test('is told by the code beneath, where several addresses were tried or undici wrapped it', () => {
		expect(networkError(Object.assign(new AggregateError([withCode('ECONNREFUSED')]), {}), context).networkCode).toBe('ECONNREFUSED');
		expect(networkError(withCode('UND_ERR_SOCKET', { cause: withCode('ECONNRESET') }), context).networkCode).toBe('ECONNRESET');
	});

	test.each([
		['ECONNRESET', 'MESH_NETWORK', true],
		['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'MESH_TLS', false],
		['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'MESH_TLS', false],
		// A connection that stood is broken then, and the request may have arrived.
		['ERR_SSL_WRONG_VERSION_NUMBER', 'MESH_NETWORK', true],
		['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'MESH_NETWORK', true],
		['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 'MESH_NETWORK', true],
		['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'MESH_NETWORK', true],
		['ERR_SSL_SOME_NEW_ALERT_NAME', 'MESH_NETWORK', true],
		['EPROTO', 'MESH_NETWORK', true],
	])(
		'of code %s once a request was being sent is a %s: only a server that refuses us has certainly not taken it',
		(networkCode, code, open) => {
			expect(networkError(withCode(networkCode), { ...context, sent: true })).toMatchObject({
				code,
				networkCode,
				ambiguous: open,
				temporary: open,
			});
		},
	);

	test('that is a MeshError already, from the content being sent, stays as it is', () => {
		const own = new MeshError('m', { code: 'MESH_INVALID_INPUT' });
		expect(networkError(own, context)).toBe(own);
	});

	test('of no kind that is known is still an error of the connection', () => {
		for (const odd of [undefined, null, 'text', 42, {}, { code: 5 }, Object.assign(new Error('a'), { code: 'bad code with spaces' })]) {
			expect(networkError(odd, context)).toMatchObject({ code: 'MESH_NETWORK', networkCode: undefined });
		}
	});

	describe('of the verification of the server', () => {
		const meant = (code: string) => networkError(new NotConnected(new NotVerified(withCode(code))), context);
		const step = (code: string) => failedStep(meant(code), false);

		test.each(NODE_VERIFICATION_CODES)('that Node calls %s is one of the server certificate, and will not pass', (code) => {
			expect(meant(code)).toMatchObject({ code: 'MESH_TLS', networkCode: code, temporary: false, ambiguous: false });
			expect(meant(code).message).toContain(code);
			expect(step(code)).toBe('serverCertificate');
		});

		test('is so whatever it is called', () => {
			fc.assert(
				fc.property(fc.stringMatching(/^[A-DF-Z][A-Z0-9]{1,9}(_[A-Z0-9]{1,9}){0,4}$/), (code) => {
					expect(meant(code)).toMatchObject({ code: 'MESH_TLS', networkCode: code, temporary: false });
					expect(step(code)).toBe('serverCertificate');
				}),
			);
		});
	});
});

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
