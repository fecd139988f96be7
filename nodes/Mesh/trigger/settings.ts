import { invalidInput, type WorkflowFilter } from '../client';
import type { IncomingItemSettings } from '../transport/incomingItem';
import { readWorkflowFilter } from '../transport/workflowFilterParameters';
import { afterSuccess, isAcknowledgePolicy, type AcknowledgePolicy } from './acknowledgePolicy';
import type { DeliveryRules } from './deliveries';
import { optionDefaults } from './optionDefaults';

/** Every parameter of the trigger, read once. */
export interface TriggerSettings {
	policy: AcknowledgePolicy;
	filter?: WorkflowFilter;
	rules: DeliveryRules;
	content: IncomingItemSettings;
	/** Put out the fields that workflows use, not all that MESH gave. */
	simplify: boolean;
	/** Set by the user: shortest time between two listings, whatever the server. */
	listingIntervalMs?: number;
}

/** Value of a node parameter by name; null or undefined where it is hidden. */
export type Parameter = (name: string) => unknown;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MEBIBYTE = 1024 * 1024;

type Options = ReadonlyMap<string, unknown>;
type NumericOption = Exclude<keyof typeof optionDefaults, 'verifyChecksum'>;

/** @throws MeshError MESH_INVALID_INPUT naming the parameter */
export function readSettings(parameter: Parameter): TriggerSettings {
	const options = readOptions(parameter);
	const policy = readPolicy(parameter);
	return {
		policy,
		filter: readWorkflowFilter(parameter),
		rules: readRules(options, policy),
		content: readContent(parameter, options),
		simplify: parameter('simplify') !== false,
		listingIntervalMs: options.has('inboxCheckInterval') ? number(options, 'inboxCheckInterval', 0, 24 * 60) * MINUTE_MS : undefined,
	};
}

function readOptions(parameter: Parameter): Options {
	const given = parameter('options');
	return new Map(Object.entries(typeof given === 'object' && given !== null ? given : {}));
}

function readPolicy(parameter: Parameter): AcknowledgePolicy {
	const policy = parameter('acknowledge');
	if (isAcknowledgePolicy(policy)) return policy;
	throw invalidInput('acknowledge', "'Acknowledge' is not one of its choices", 'Open the trigger node and choose when to acknowledge messages.');
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

function readContent(parameter: Parameter, options: Options): IncomingItemSettings {
	const outputAs = parameter('outputAs');
	if (outputAs !== 'binary' && outputAs !== 'text' && outputAs !== 'json') {
		throw invalidInput('outputAs', "'Put Content In' is not one of its choices", 'Open the trigger node and choose where the content goes.');
	}
	const verifyChecksum = options.get('verifyChecksum') ?? optionDefaults.verifyChecksum;
	if (verifyChecksum !== 'fail' && verifyChecksum !== 'report' && verifyChecksum !== 'off') {
		throw invalidInput('verifyChecksum', "'Verify Checksum' is not one of its choices", 'Use fail, report or off.');
	}
	const mebibytes = number(options, 'maximumSize', 0, 100_000);
	return {
		outputAs,
		binaryProperty: String(parameter('binaryPropertyName') ?? '').trim() || 'data',
		maximumBytes: mebibytes === 0 ? undefined : Math.floor(mebibytes * MEBIBYTE),
		maximumChunks: number(options, 'maximumChunks', 0, 1e9) || undefined,
		maximumCompressionRatio: number(options, 'maximumCompressionRatio', 0, 1e9) || undefined,
		verifyChecksum,
	};
}

function whole(options: Options, name: NumericOption, maximum: number): number {
	return Math.floor(number(options, name, 1, maximum));
}

function number(options: Options, name: NumericOption, minimum: number, maximum: number): number {
	const given = options.get(name) ?? optionDefaults[name];
	const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
	if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
	throw invalidInput(name, `The option ${name} of the trigger must be a number from ${minimum} to ${maximum}`, 'Open the trigger node and correct the option, or remove it to use its default.');
}
