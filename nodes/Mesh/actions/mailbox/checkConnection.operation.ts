import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { MeshError, checkConnection } from '../../client';
import type { CertificateDescription, ConnectionReport, ConnectionStep } from '../../client';
import { credentialFacts, draftClientOptions } from '../../transport/credential';
import type { MeshApiCredentials } from '../../transport/credential';
import { flat } from '../../transport/itemJson';
import { titleOf, whatToDo } from '../../transport/nodeErrors';
import type { CredentialFacts } from '../../transport/nodeErrors';
import type { ItemCall, OperationItem } from '../operation';
import { optionsOf, simplified, simplifyField } from '../operation';

export const description: INodeProperties[] = [
	simplifyField('mailbox', 'checkConnection'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Fail When Something Is Wrong',
				name: 'fail',
				type: 'boolean',
				default: false,
				description:
					'Whether the node fails when a step failed. When off, it puts out what it found, with the fields failedStep, problem and whatToDo.',
			},
		],
		displayOptions: { show: { resource: ['mailbox'], operation: ['checkConnection'] } },
	},
];

/** So that a credential that no client can be made of is examined too. */
export const opensOwnClient = true;

/** What the credential, the server and MESH say, over connections of its own: nothing that was set up before is used. */
export async function execute(call: ItemCall): Promise<OperationItem[]> {
	const { context, itemIndex, signal } = call;
	const { fail } = optionsOf(call);
	const { options, problem } = draftClientOptions(await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex));
	const report = await checkConnection(options, { problem, signal });
	const mailboxId = shownMailboxId(options.mailboxId.toUpperCase());
	const { failure } = report;
	const finding = nameFinding(mailboxId, report);
	if (finding !== undefined) call.run.hints.show(finding, 'warning');
	const advice = failure && adviceOn(failure, finding, credentialFacts(options));
	if (fail === true && failure !== undefined)
		throw new MeshError(titleOf(failure.error), { ...failure.error, title: undefined, hint: advice });
	const json = describeReport(mailboxId, report, advice);
	return [{ json: simplified(call, json, simpleReportFields(json)) }];
}

/** What has not the form of an ID may be a secret in the wrong field. */
function shownMailboxId(mailboxId: string): string | undefined {
	return /^[A-Z0-9_.-]{1,20}$/.test(mailboxId) ? mailboxId : undefined;
}

/** Steps at which a certificate of another mailbox can be the cause. */
const ABOUT_IDENTITY: readonly ConnectionStep[] = ['clientCertificate', 'handshake'];

/** No failure of its own, since MESH may take such a certificate; undefined when there is nothing to say about the name. */
export function nameFinding(
	mailboxId: string | undefined,
	{ commonNameFitsMailbox, clientCertificate }: ConnectionReport,
): string | undefined {
	if (commonNameFitsMailbox !== false || clientCertificate === undefined || mailboxId === undefined) return undefined;
	return `The client certificate has the name of another mailbox, not that of ${mailboxId}: ${clientCertificate.subject}. MESH may refuse it: check the mailbox ID, or request a certificate for this mailbox.`;
}

/** What to do about a failure, beginning with the finding where that may be the cause. */
export function adviceOn(
	{ step, error }: NonNullable<ConnectionReport['failure']>,
	finding: string | undefined,
	credential?: CredentialFacts,
): string | undefined {
	const cause = ABOUT_IDENTITY.includes(step) ? finding : undefined;
	return [cause, whatToDo(error, credential)].filter((part) => part !== undefined).join(' ') || undefined;
}

/** What a person, or an alarm, asks first. */
const SIMPLE = [
	'mailboxId',
	'connected',
	'tlsVersion',
	'serverCertificateDaysLeft',
	'clientCertificateSubject',
	'clientCertificateValidTo',
	'clientCertificateDaysLeft',
	'commonNameFitsMailbox',
	'clockDifferenceSeconds',
	'approximateInboxCount',
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
		problem: failure && titleOf(failure.error),
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
