import type { CertificateDescription } from '../certificates/describeCertificate';
import type { MeshError } from '../errors';

/** What can fail between a filled-in credential and a working mailbox, in the order in which it happens. */
export type ConnectionStep =
	/** A field is missing or impossible. */
	| 'credential'
	/** Our certificate or key cannot be used, or the server refused it. */
	| 'clientCertificate'
	/** Nobody answers there, or what does speaks no TLS. */
	| 'connection'
	/** The server's certificate is not trusted here. */
	| 'serverCertificate'
	/** MESH refused the handshake: mailbox, password, shared key or clock. */
	| 'handshake'
	/** The handshake worked, but the inbox could not be listed. */
	| 'inbox';

/** Everything that could be found out about a connection; what is absent could not be. None of it is secret. */
export interface ConnectionReport {
	/** True when a connection came about, over TLS where the address says https. */
	reachable: boolean;
	/** Such as `TLSv1.3`. */
	tlsVersion?: string;
	/** The first of the server's chain, whether trusted or not. Absent for plain http and behind a proxy. */
	serverCertificate?: CertificateDescription;
	clientCertificate?: CertificateDescription;
	keyMatchesCertificate?: boolean;
	/** True when the name in our certificate is the mailbox ID, false when it is that of another mailbox. */
	commonNameFitsMailbox?: boolean;
	/** Server time minus our time, in milliseconds. */
	clockDifferenceMs?: number;
	/** Whole inbox; eventually consistent, for display only. */
	approximateInboxCount?: number;
	/** The first step that failed; absent when everything works. */
	failure?: { step: ConnectionStep; error: MeshError };
}
