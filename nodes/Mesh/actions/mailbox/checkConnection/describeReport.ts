import type { IDataObject } from 'n8n-workflow';
import type { CertificateDescription, ConnectionReport } from '../../../client';
import { flat } from '../../../transport/flat';

/** What a person, or an alarm, asks first. */
const SIMPLE = [
	'mailboxId', 'connected', 'tlsVersion', 'serverCertificateDaysLeft', 'clientCertificateSubject', 'clientCertificateValidTo',
	'clientCertificateDaysLeft', 'commonNameFitsMailbox', 'clockDifferenceSeconds', 'approximateInboxCount',
];

/** What tells the cause where something is wrong: beside those ten, of which some are then not known. */
const CAUSES = ['failedStep', 'problem', 'whatToDo', 'serverCertificateIssuer'];

/** The fields of the simplified form. */
export function simpleReportFields({ connected, commonNameFitsMailbox }: IDataObject): readonly string[] {
	return connected === true && commonNameFitsMailbox !== false ? SIMPLE : [...SIMPLE, ...CAUSES];
}

/** A report as an item's JSON. */
export function describeReport(mailboxId: string | undefined, report: ConnectionReport, whatToDo: string | undefined): IDataObject {
	const { failure, clockDifferenceMs } = report;
	return flat({
		mailboxId,
		connected: failure === undefined,
		reachable: report.reachable,
		failedStep: failure?.step,
		problem: failure?.error.message,
		whatToDo,
		tlsVersion: report.tlsVersion,
		...describeCertificate('serverCertificate', report.serverCertificate),
		...describeCertificate('clientCertificate', report.clientCertificate),
		commonNameFitsMailbox: report.commonNameFitsMailbox,
		keyMatchesCertificate: report.keyMatchesCertificate,
		clockDifferenceSeconds: clockDifferenceMs === undefined ? undefined : Math.round(clockDifferenceMs / 1000),
		approximateInboxCount: report.approximateInboxCount,
	});
}

function describeCertificate(name: string, certificate: CertificateDescription | undefined): Record<string, string | number | Date> {
	if (certificate === undefined) return {};
	const { subject, issuer, validTo, daysLeft } = certificate;
	return { [`${name}Subject`]: subject, [`${name}Issuer`]: issuer, [`${name}ValidTo`]: validTo, [`${name}DaysLeft`]: daysLeft };
}
