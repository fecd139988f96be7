import { MeshError, type MeshErrorDetails } from '../../../nodes/Mesh/client';
import { commonNameFits } from '../../../nodes/Mesh/client/certificates/tlsMaterial';
import { failedStep } from '../../../nodes/Mesh/client/diagnosis/checkConnection';

describe('the step at which a connection failed', () => {
	const tls = (networkCode: string): MeshErrorDetails => ({ code: 'MESH_TLS', networkCode });

	test.each<[string, MeshErrorDetails, boolean, string]>([
		['an answer with an error status', { code: 'MESH_STATUS', httpStatus: 403 }, true, 'handshake'],
		['an answer that is not from MESH', { code: 'MESH_PROTOCOL', httpStatus: 200 }, true, 'handshake'],
		['an unknown authority of the server', tls('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), true, 'serverCertificate'],
		['a self-signed server', tls('SELF_SIGNED_CERT_IN_CHAIN'), false, 'serverCertificate'],
		['an expired server', tls('CERT_HAS_EXPIRED'), true, 'serverCertificate'],
		['a server of another name', tls('ERR_TLS_CERT_ALTNAME_INVALID'), true, 'serverCertificate'],
		['an alert about our certificate', tls('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), true, 'clientCertificate'],
		['a server that demands a certificate', tls('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), true, 'clientCertificate'],
		['a server that hangs up when TLS stands', { code: 'MESH_NETWORK', networkCode: 'ECONNRESET' }, true, 'clientCertificate'],
		['a connection that is reset before that', { code: 'MESH_NETWORK', networkCode: 'ECONNRESET' }, false, 'connection'],
		['no TLS on the other side', tls('ERR_SSL_WRONG_VERSION_NUMBER'), false, 'connection'],
		['an old TLS version', tls('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), false, 'connection'],
		['nobody there', { code: 'MESH_NETWORK', networkCode: 'ECONNREFUSED' }, false, 'connection'],
		['no answer in time', { code: 'MESH_TIMEOUT', networkCode: 'MESH_RESPONSE_TIMEOUT' }, true, 'handshake'],
	])('%s', (_what, details, tlsStands, step) => expect(failedStep(new MeshError('x', details), tlsStands)).toBe(step));
});

describe('whether a certificate was issued for a mailbox', () => {
	const tail = 'api.mesh-client.nhs.uk';

	test.each([
		['the mailbox itself', `X26HC005.X26.${tail}`, 'X26HC005', true],
		['in lower case', `x26hc005.x26.${tail.toUpperCase()}`, 'X26HC005', true],
		['another mailbox of the same organisation', `X26HC005.X26.${tail}`, 'X26HC006', false],
		['a mailbox of another organisation', `Y99HC001.Y99.${tail}`, 'X26HC005', false],
		['a mailbox of an organisation with a longer code', `A12345OT001.A12345.${tail}`, 'X26HC005', false],
		['a local ID', `SERVER001.X26.${tail}`, 'X26HC005', undefined],
		['a local ID of another organisation, which may send for this one', `SERVER001.Y99.${tail}`, 'X26HC005', undefined],
		['a local ID that begins as the mailbox does', `X26-SERVER1.X26.${tail}`, 'X26HC005', undefined],
		['a local ID that is the ODS code and a number', `X2605.X26.${tail}`, 'X26HC005', undefined],
		['a certificate whose ODS code is not in its mailbox ID', `X26HC005.RX1.${tail}`, 'X26HC005', true],
		['a name of another form', 'mesh.example.org', 'X26HC005', undefined],
		['no name', undefined, 'X26HC005', undefined],
		['no mailbox', `X26HC005.X26.${tail}`, '', undefined],
	])('%s', (_what, commonName, mailboxId, fits) => expect(commonNameFits(commonName, mailboxId)).toBe(fits));
});
