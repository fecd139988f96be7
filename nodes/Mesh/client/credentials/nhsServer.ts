import { invalidCredential } from './invalidCredential';

const NHS_HOST = /(?:^|\.)nhs\.uk\.?$/i;

/** Whether a server is one of the NHS, whichever way its address came here: HSCN hosts and Deployment are Custom URLs. */
export function isNhsServer(origin: string): boolean {
	return NHS_HOST.test(new URL(origin).hostname);
}

/**
 * Servers of the NHS, whichever way their address came here, are spoken to over TLS and with their certificate checked: a
 * Custom URL may lead to Production or to an HSCN host, and what makes test servers easy must not reach patient data.
 */
export function checkNhsServer(origin: string, ignoreServerCertificate: boolean | undefined): void {
	if (!isNhsServer(origin)) return;
	if (new URL(origin).protocol !== 'https:') {
		throw invalidCredential('baseUrl', 'A server of the NHS is reached over https only', 'Begin the base URL with https://. Plain http is for local test servers.');
	}
	if (ignoreServerCertificate) {
		throw invalidCredential(
			'ignoreServerCertificate',
			'The certificate of a server of the NHS is always checked',
			"Switch 'Ignore SSL Issues' off, and put the NHS root and sub-CA certificates of the environment into CA Certificates.",
		);
	}
}
