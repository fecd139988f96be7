import type { CallName } from '../contract/calls';
import type { Fault, FaultRule } from '../contract/faults';

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isText: Check = (value) => typeof value === 'string';
const isTexts: Check = (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText);
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const oneOf = (...values: string[]): Check => (value) => values.includes(value as string);

/** The fields of each kind of fault. */
const FAULTS: { [Kind in Fault['kind']]: Record<string, Check> } = {
	status: { status: isNumber, headers: optional(isTexts), body: optional(isText) },
	xmlError: { status: optional(isNumber) },
	emptyForbidden: {},
	garbageJson: {},
	resetBeforeProcessing: {},
	resetAfterProcessing: {},
	resetInRequestBody: { afterBytes: isNumber },
	resetInResponseBody: { afterBytes: isNumber },
	truncate: { bytes: isNumber, length: oneOf('kept', 'adjusted') },
	stall: { where: oneOf('beforeAnswer', 'inResponseBody'), afterBytes: optional(isNumber) },
	lateAnswer: { ms: isNumber },
	duplicateChunk: {},
	wrongHeader: { headers: isTexts },
	refuseConnections: { ms: isNumber },
};

const CALLS: CallName[] = [
	'handshake', 'list', 'download', 'downloadChunk', 'head', 'acknowledge', 'count', 'send', 'sendChunk', 'track', 'trackLocal', 'lookup', 'search', 'ping', 'other',
];

/** Reads a rule that came as JSON, or says which field is wrong. */
export function parseFaultRule(json: Record<string, unknown>): FaultRule | { field: string; problem: string } {
	const { call, method, path, chunk, skip, times, fault } = json;
	const rule: FaultRule = { fault: fault as Fault };
	if (call !== undefined) {
		const calls = [call].flat();
		if (!calls.every((each) => CALLS.includes(each as CallName))) return { field: 'call', problem: `Input should be one or more of ${CALLS.join(', ')}` };
		rule.call = calls as CallName[];
	}
	if (!optional(isText)(method)) return { field: 'method', problem: 'Input should be a string' };
	if (method !== undefined) rule.method = method as string;
	if (!optional(isText)(path)) return { field: 'path', problem: 'Input should be a string' };
	if (path !== undefined) {
		const parsed = parsePath(path as string);
		if (!parsed) return { field: 'path', problem: 'Input should be a valid expression' };
		rule.path = parsed;
	}
	for (const [field, value] of Object.entries({ chunk, skip, times })) {
		if (!optional(isNumber)(value)) return { field, problem: 'Input should be a number, 0 or more' };
		if (value !== undefined) rule[field as 'chunk' | 'skip' | 'times'] = value as number;
	}
	return faultProblem(fault) ?? rule;
}

function faultProblem(fault: unknown): { field: string; problem: string } | undefined {
	if (typeof fault !== 'object' || fault === null) return { field: 'fault', problem: 'Field required' };
	const fields = fault as Record<string, unknown>;
	const checks = (FAULTS as Record<string, Record<string, Check> | undefined>)[String(fields.kind)];
	if (!checks) return { field: 'fault.kind', problem: `Input should be one of ${Object.keys(FAULTS).join(', ')}` };
	const wrong = Object.entries(checks).find(([name, check]) => !check(fields[name]));
	return wrong && { field: `fault.${wrong[0]}`, problem: 'Field missing or of the wrong type' };
}

function parsePath(text: string): string | RegExp | undefined {
	const [, source, flags] = /^\/(.+)\/([a-z]*)$/.exec(text) ?? [];
	if (source === undefined || text.startsWith('/messageexchange/')) return text;
	try {
		return new RegExp(source, flags);
	} catch {
		return undefined;
	}
}
