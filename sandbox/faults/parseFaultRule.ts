import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { CallName, Fault, FaultRule } from '../contract/faults';

/** What a field takes, in words for the one who gave something else. */
interface Check {
	fits(value: unknown): boolean;
	words: string;
}

const wholeNumber = (minimum: number, maximum?: number): Check => ({
	fits: (value) => Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= (maximum ?? Infinity),
	words: `a whole number${maximum === undefined ? `, ${minimum} or more` : ` from ${minimum} to ${maximum}`}`,
});
const oneOf = (...values: string[]): Check => ({ fits: (value) => values.includes(value as string), words: values.join(' or ') });
const optional = ({ fits, words }: Check): Check => ({ fits: (value) => value === undefined || fits(value), words });

const TEXT: Check = { fits: (value) => typeof value === 'string', words: 'a string' };
const FLAG: Check = { fits: (value) => typeof value === 'boolean', words: 'true or false' };
const STATUS = wholeNumber(200, 599);
const AMOUNT = wholeNumber(0);
const DURATION: Check = {
	fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
	words: 'a number, 0 or more',
};
/** Longer than this no timer of Node runs. */
const DELAY: Check = { fits: (value) => DURATION.fits(value) && (value as number) < 2 ** 31, words: 'a number from 0 to 2147483647' };
const HEADERS: Check = {
	fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.entries(value).every(isHeader),
	words: 'an object of names and values, or lists of values, that HTTP allows in headers',
};

/** The fields of each kind of fault. */
const FAULTS: { [Kind in Fault['kind']]: Record<string, Check> } = {
	status: { status: STATUS, headers: optional(HEADERS), body: optional(TEXT) },
	foreignAnswer: {
		status: STATUS,
		headers: optional(HEADERS),
		body: optional(TEXT),
		framing: optional(oneOf('length', 'chunked', 'untilClose')),
		cutAfter: optional(AMOUNT),
		continueFirst: optional(FLAG),
	},
	unsolicitedContinue: {},
	xmlError: { status: optional(STATUS) },
	emptyForbidden: {},
	garbageJson: {},
	resetBeforeProcessing: {},
	resetAfterProcessing: {},
	resetInRequestBody: { afterBytes: AMOUNT },
	resetInResponseBody: { afterBytes: AMOUNT },
	truncate: { bytes: AMOUNT, length: oneOf('kept', 'adjusted', 'none') },
	stall: { where: oneOf('beforeAnswer', 'inResponseBody'), afterBytes: optional(AMOUNT) },
	lateAnswer: { ms: DELAY },
	duplicateChunk: {},
	wrongHeader: { headers: HEADERS },
	refuseConnections: { ms: DURATION },
};

const CALLS: CallName[] = [
	'handshake',
	'list',
	'download',
	'downloadChunk',
	'head',
	'acknowledge',
	'count',
	'send',
	'sendChunk',
	'track',
	'trackLocal',
	'lookup',
	'search',
	'ping',
	'other',
];

/** The fields of a rule; what `fault` takes goes by its kind. */
const RULE: { [Name in keyof Required<FaultRule>]: Check } = {
	call: {
		fits: (value) => value === undefined || ([value].flat().length > 0 && [value].flat().every((each) => CALLS.includes(each as CallName))),
		words: `one or more of ${CALLS.join(', ')}`,
	},
	method: optional(TEXT),
	path: {
		fits: (value) => value === undefined || (typeof value === 'string' && parsePath(value) !== undefined),
		words: 'a text, or a valid expression between slashes',
	},
	chunk: optional(wholeNumber(1)),
	skip: optional(AMOUNT),
	times: optional(wholeNumber(1)),
	fault: { fits: (value) => typeof value === 'object' && value !== null, words: 'an object with a kind' },
};

interface Problem {
	field: string;
	problem: string;
}

/** Reads a rule that came as JSON, or says which field is wrong. */
export function parseFaultRule(json: Record<string, unknown>): FaultRule | Problem {
	const problem = problemIn(json, RULE) ?? faultProblem(json.fault as Record<string, unknown>);
	if (problem) return problem;
	const { call, path } = json;
	const rule = { ...json } as unknown as FaultRule;
	if (call !== undefined) rule.call = [call].flat() as CallName[];
	if (path !== undefined) rule.path = parsePath(path as string);
	return rule;
}

function faultProblem(fault: Record<string, unknown>): Problem | undefined {
	const { kind } = fault;
	if (typeof kind !== 'string' || !Object.hasOwn(FAULTS, kind))
		return { field: 'fault.kind', problem: `Input should be one of ${Object.keys(FAULTS).join(', ')}` };
	const found = problemIn(fault, { kind: TEXT, ...FAULTS[kind as Fault['kind']] });
	return found && { ...found, field: `fault.${found.field}` };
}

/** A misspelt name is a problem too: the rule would strike more than was meant. */
function problemIn(fields: Record<string, unknown>, checks: Record<string, Check>): Problem | undefined {
	const names = Object.keys(checks);
	const unknown = Object.keys(fields).find((name) => !Object.hasOwn(checks, name));
	if (unknown !== undefined)
		return { field: unknown, problem: `There is no such field; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}` };
	const wrong = names.find((name) => !checks[name].fits(fields[name]));
	return wrong === undefined ? undefined : { field: wrong, problem: `Input should be ${checks[wrong].words}` };
}

function isHeader([name, values]: [string, unknown]): boolean {
	try {
		validateHeaderName(name);
		return [values].flat().every((value) => {
			if (typeof value === 'string') validateHeaderValue(name, value);
			return typeof value === 'string';
		});
	} catch {
		return false;
	}
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
