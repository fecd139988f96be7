import type { MeshError } from '../errors';
import type { ConnectionStep } from './connectionReport';

/** OpenSSL's words for what is wrong with a certificate that the other side showed. */
const ABOUT_THEIR_CERTIFICATE = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|ERR_TLS_CERT_)/;

/** The connection came about and was closed before any answer. */
const CLOSED_ON_US: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/**
 * At which step a handshake with MESH failed.
 * @param tlsStands whether TLS itself has been seen to work: from TLS 1.3 on, a server looks at our certificate only after that,
 * and many just hang up when they refuse it
 */
export function failedStep({ code, httpStatus, networkCode = '' }: MeshError, tlsStands: boolean): ConnectionStep {
	if (httpStatus !== undefined) return 'handshake';
	if (code === 'MESH_TLS') {
		if (networkCode.includes('ALERT') && !networkCode.includes('PROTOCOL_VERSION')) return 'clientCertificate';
		return ABOUT_THEIR_CERTIFICATE.test(networkCode) ? 'serverCertificate' : 'connection';
	}
	if (!tlsStands) return 'connection';
	return CLOSED_ON_US.includes(networkCode) ? 'clientCertificate' : 'handshake';
}
