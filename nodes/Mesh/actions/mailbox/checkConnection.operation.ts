import type { INodeProperties } from 'n8n-workflow';
import { checkConnection, MeshError } from '../../client';
import { addExecutionHintOnce } from '../../transport/executionHint';
import type { MeshApiCredentials } from '../../transport/meshApiCredentials';
import { draftClientOptions } from '../../transport/toClientOptions';
import type { ItemCall, OperationItem } from '../operation';
import { optionsOf } from '../parameters';
import { simplified, simplifyField } from '../simplify';
import { adviceOn, nameFinding } from './checkConnection/advice';
import { describeReport, simpleReportFields } from './checkConnection/describeReport';

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
	if (finding !== undefined) addExecutionHintOnce(context, finding, 'warning');
	const advice = failure && adviceOn(failure, finding);
	if (fail === true && failure !== undefined) throw new MeshError(failure.error.message, { ...failure.error, hint: advice });
	const json = describeReport(mailboxId, report, advice);
	return [{ json: simplified(call, json, simpleReportFields(json)) }];
}

/** What has not the form of an ID may be a secret in the wrong field. */
function shownMailboxId(mailboxId: string): string | undefined {
	return /^[A-Z0-9_.-]{1,20}$/.test(mailboxId) ? mailboxId : undefined;
}
