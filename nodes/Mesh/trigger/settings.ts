import type { IDataObject, INode } from 'n8n-workflow';
import { invalidInput } from '../client';
import type { WorkflowFilter } from '../client';
import type { IncomingItemSettings } from '../transport/incomingItem';
import { readReceivingFields, readWorkflowFilter } from '../transport/receivingFields';
import type { DeliveryRules } from './deliveries';

/** Every parameter of the trigger, read once. */
export interface TriggerSettings {
	policy: AcknowledgePolicy;
	filter?: WorkflowFilter;
	/** What a non-delivery report does. */
	reports: ReportChoice;
	rules: DeliveryRules;
	content: IncomingItemSettings;
	/** Put out the fields that workflows use, not all that MESH gave. */
	simplify: boolean;
	/** Set by the user: shortest time between two listings, whatever the server. */
	listingIntervalMs?: number;
}

/** `fail`: the execution fails with the report's own words; `output`: it goes out on Reports; `leave`: it stays in the inbox. */
export type ReportChoice = 'fail' | 'output' | 'leave';

/** Value of a node parameter by name; null or undefined where it is hidden. */
type Parameter = (name: string) => unknown;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Options = ReadonlyMap<string, unknown>;
type NumericOption = keyof typeof optionDefaults;

/** @throws MeshError MESH_INVALID_INPUT naming the parameter */
export function readSettings(parameter: Parameter, typeVersion = LATEST_VERSION): TriggerSettings {
	const options = readOptions(parameter);
	const policy = readPolicy(parameter);
	return {
		policy,
		reports: typeVersion < REPORTS_VERSION ? 'output' : readReports(parameter),
		filter: readWorkflowFilter(parameter),
		rules: readRules(options, policy),
		content: readReceivingFields(parameter, Object.fromEntries(options) as IDataObject),
		simplify: parameter('simplify') !== false,
		listingIntervalMs: options.has('inboxCheckInterval') ? number(options, 'inboxCheckInterval', 0, 24 * 60) * MINUTE_MS : undefined,
	};
}

/** From this version of the node on there is a choice for reports; before, they always went out on Reports. */
export const REPORTS_VERSION = 1.1;
export const LATEST_VERSION = 1.1;

function readReports(parameter: Parameter): ReportChoice {
	const choice = parameter('reports');
	if (choice === 'fail' || choice === 'output' || choice === 'leave') return choice;
	throw invalidInput('reports', "'Non-Delivery Reports' is not one of its choices", 'Open the trigger node and choose what a report does.');
}

function readOptions(parameter: Parameter): Options {
	const given = parameter('options');
	return new Map(Object.entries(typeof given === 'object' && given !== null ? given : {}));
}

function readPolicy(parameter: Parameter): AcknowledgePolicy {
	const policy = parameter('acknowledge');
	if (isAcknowledgePolicy(policy)) return policy;
	throw invalidInput(
		'acknowledge',
		"'Acknowledge' is not one of its choices",
		'Open the trigger node and choose when to acknowledge messages.',
	);
}

function readRules(options: Options, policy: AcknowledgePolicy): DeliveryRules {
	const redeliverAfter = number(options, 'redeliverAfter', 0, 24 * 365);
	return {
		maximumInFlight: whole(options, 'messagesInFlight', 500),
		messagesPerExecution: whole(options, 'messagesPerExecution', 500),
		deliveryAttempts: whole(options, 'deliveryAttempts', 100),
		pauseMs: number(options, 'redeliveryPause', 0, 24 * 60) * MINUTE_MS,
		afterSuccess: afterSuccess[policy],
		redeliverAfterMs: redeliverAfter === 0 ? undefined : redeliverAfter * HOUR_MS,
		longestExecutionMs: number(options, 'longestExecution', 0.1, 24 * 365) * HOUR_MS,
	};
}

function whole(options: Options, name: NumericOption, maximum: number): number {
	return Math.floor(number(options, name, 1, maximum));
}

function number(options: Options, name: NumericOption, minimum: number, maximum: number): number {
	const given = options.get(name) ?? optionDefaults[name];
	const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
	if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
	throw invalidInput(
		name,
		`The option ${name} of the trigger must be a number from ${minimum} to ${maximum}`,
		'Open the trigger node and correct the option, or remove it to use its default.',
	);
}

/**
 * n8n's Engine 2.0 runs executions elsewhere and cannot say how they end, so that nothing could be acknowledged by it.
 * @returns true where ends stay unknown and the policy can do without
 * @throws MeshError MESH_INVALID_INPUT under the policies that wait for an end
 */
export function checkEngine(context: { getWorkflowSettings?: () => object }, policy: AcknowledgePolicy): boolean {
	const engine = (context.getWorkflowSettings?.() as { engineType?: unknown } | undefined)?.engineType;
	if (engine !== 'v2') return false;
	if (policy === 'later') return true;
	throw invalidInput(
		'acknowledge',
		"n8n's Engine 2.0 does not tell a trigger how its executions end, so this one could not know when to acknowledge a message",
		"Set 'Acknowledge' to 'Later (Acknowledge Operation)' and acknowledge at the end of the workflow, or set the workflow to n8n's first engine.",
	);
}

/** What applies where the user has not added an option. Units as in the names of the options. */
export const optionDefaults = {
	messagesInFlight: 10,
	messagesPerExecution: 1,
	deliveryAttempts: 5,
	/** Minutes. */
	redeliveryPause: 5,
	/** Hours; only with later acknowledgement. */
	redeliverAfter: 24,
	/** Hours. */
	longestExecution: 24,
	/** Minutes; on a Custom URL outside nhs.uk only when the option is set. */
	inboxCheckInterval: 5,
} as const;

/** When a message is acknowledged, that is when MESH forgets it; the words are those of n8n's queue triggers. */
export type AcknowledgePolicy = 'whenWorkflowSucceeds' | 'whenWorkflowFinishes' | 'immediatelyAfterDownload' | 'later';

/** What a successful execution means for the message under each policy. */
const afterSuccess: Readonly<Record<AcknowledgePolicy, DeliveryRules['afterSuccess']>> = {
	whenWorkflowSucceeds: 'acknowledge',
	whenWorkflowFinishes: 'acknowledge',
	// The execution has acknowledged it; should that have failed, the next listing still shows it.
	immediatelyAfterDownload: 'confirm',
	later: 'await',
};

function isAcknowledgePolicy(value: unknown): value is AcknowledgePolicy {
	return typeof value === 'string' && Object.hasOwn(afterSuccess, value);
}

/**
 * Refuses settings of the node itself under which n8n would report success for a message that it never had, so that it would
 * be acknowledged and lost, or would run the branch of messages without one.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function checkNodeSettings(node: Pick<INode, 'onError' | 'continueOnFail' | 'executeOnce' | 'alwaysOutputData'>): void {
	if ((node.onError !== undefined && node.onError !== 'stopWorkflow') || node.continueOnFail === true) {
		throw invalidInput(
			'onError',
			"The setting 'On Error' of this trigger must be 'Stop Workflow'",
			'With any other value the workflow would go on without a message whose download failed, and the message would be acknowledged.',
		);
	}
	if (node.executeOnce === true) {
		throw invalidInput(
			'executeOnce',
			"The setting 'Execute Once' of this trigger must be off",
			'With it n8n would hand only the first of several messages to the workflow, and the others would be acknowledged with it.',
		);
	}
	if (node.alwaysOutputData === true) {
		throw invalidInput(
			'alwaysOutputData',
			"The setting 'Always Output Data' of this trigger must be off",
			'With it n8n would hand an empty item to the branch of messages for each report, and for each message that has left the inbox.',
		);
	}
}
