import fc from 'fast-check';
import { MeshError } from '../../../nodes/Mesh/client';
import { failedStep } from '../../../nodes/Mesh/client/diagnosis/checkConnection';
import { NotConnected } from '../../../nodes/Mesh/client/http/connect';
import { networkError } from '../../../nodes/Mesh/client/http/networkErrors';

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
		const meant = (code: string) => networkError(new NotConnected(withCode(code, { ofVerification: true })), context);
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
