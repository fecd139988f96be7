import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { checkConnection, type CertificateDescription, type ConnectionReport } from '../../client';
import { whatToDo } from '../../transport/explainConnectionFailure';
import { flat } from '../../transport/flat';
import type { MeshApiCredentials } from '../../transport/meshApiCredentials';
import { onlyFields } from '../../transport/simplify';
import { draftClientOptions } from '../../transport/toClientOptions';
import type { ItemCall, OperationItem } from '../operation';
import { optionsOf } from '../parameters';
import { simplifyField, wantsSimple } from '../simplify';

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
				description: 'Whether the node fails when a step failed. When off, it puts out what it found, with the fields failedStep, problem and whatToDo.',
			},
		],
		displayOptions: { show: { resource: ['mailbox'], operation: ['checkConnection'] } },
	},
];

/** What a person, or an alarm, asks first. */
const SIMPLE = [
	'mailboxId', 'connected', 'failedStep', 'problem', 'whatToDo', 'serverCertificateDaysLeft', 'clientCertificateValidTo', 'clientCertificateDaysLeft',
	'clockDifferenceSeconds', 'approximateInboxCount',
];

/** So that a credential that no client can be made of is examined too. */
export const opensOwnClient = true;

/** What the credential, the server and MESH say, over connections of its own: nothing that was set up before is used. */
export async function execute(call: ItemCall): Promise<OperationItem[]> {
	const { context, itemIndex, signal } = call;
	const { fail } = optionsOf(call);
	const { options, problem } = draftClientOptions(await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex));
	const report = await checkConnection(options, { problem, signal });
	if (fail === true && report.failure !== undefined) throw report.failure.error;
	const json = describeReport(options.mailboxId.toUpperCase(), report);
	return [{ json: wantsSimple(call) ? onlyFields(json, SIMPLE) : json }];
}

function describeReport(mailboxId: string, report: ConnectionReport): IDataObject {
	const { failure, clockDifferenceMs } = report;
	return flat({
		// What has not the form of an ID may be a secret in the wrong field.
		mailboxId: /^[A-Z0-9_.-]{1,20}$/.test(mailboxId) ? mailboxId : undefined,
		connected: failure === undefined,
		reachable: report.reachable,
		failedStep: failure?.step,
		problem: failure?.error.message,
		whatToDo: failure && whatToDo(failure.error),
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
