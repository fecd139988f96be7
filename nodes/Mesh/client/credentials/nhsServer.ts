import { invalidCredential } from './invalidCredential';

const NHS_HOST = /(?:^|\.)nhs\.uk\.?$/i;

/**
 * Servers of the NHS, whichever way their address came here, are spoken to over TLS and with their certificate checked: a
 * Custom URL may lead to Production or to an HSCN host, and what makes test servers easy must not reach patient data.
 */
export function checkNhsServer(origin: string, ignoreServerCertificate: boolean | undefined): void {
	const { protocol, hostname } = new URL(origin);
	if (!NHS_HOST.test(hostname)) return;
	if (protocol !== 'https:') {
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
