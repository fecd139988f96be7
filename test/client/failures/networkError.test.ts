import { networkError } from '../../../nodes/Mesh/client/http/networkErrors';
import { MeshError } from '../../../nodes/Mesh/client';

const withCode = (code: string, extra: object = {}) => Object.assign(new Error('text that may hold anything'), { code, ...extra });
const context = { call: 'list the inbox', host: 'mesh.example', sent: false };

describe('a failure of the connection', () => {
	test.each([
		['ECONNREFUSED', 'MESH_NETWORK', /nothing accepts connections/, true],
		['ENOTFOUND', 'MESH_NETWORK', /not known to DNS/, true],
		['EAI_AGAIN', 'MESH_NETWORK', /DNS/, true],
		['ECONNRESET', 'MESH_NETWORK', /reset/, true],
		['UND_ERR_SOCKET', 'MESH_NETWORK', /broke/, true],
		['UND_ERR_CONNECT_TIMEOUT', 'MESH_TIMEOUT', /in time/, true],
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
		['SOMETHING_NEW', 'MESH_NETWORK', /connection failed/, true],
		['toString', 'MESH_NETWORK', /connection failed/, true],
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

	test('leaves it open whether the request arrived once it was being sent, but not when TLS itself refused', () => {
		expect(networkError(withCode('ECONNRESET'), { ...context, sent: true }).ambiguous).toBe(true);
		expect(networkError(withCode('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), { ...context, sent: true }).ambiguous).toBe(false);
	});

	test('that is a MeshError already, from the content being sent, stays as it is', () => {
		const own = new MeshError('m', { code: 'MESH_INVALID_INPUT' });
		expect(networkError(own, context)).toBe(own);
	});

	test('of no kind that is known is still an error of the connection', () => {
		for (const odd of [undefined, null, 'text', 42, {}, { code: 5 }, Object.assign(new Error('a'), { code: 'bad code with spaces' })]) {
			expect(networkError(odd, context)).toMatchObject({ code: 'MESH_NETWORK', networkCode: undefined });
		}
	});
});
