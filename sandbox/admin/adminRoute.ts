import { ValidationRefusal } from '../errors/refusals';
import type { MeshRequest, Route } from '../server/context';

/** An admin call: below /messageexchange/admin, without a token, from this machine only. */
export const adminRoute = (method: string, path: string, handle: Route['handle']): Route =>
	adminRouteAt(method, `/messageexchange/admin${path}`, handle);

/** One that the NHS sandbox has too: below /admin as well. */
export const nhsAdminRoutes = (method: string, path: string, handle: Route['handle']): Route[] =>
	['/messageexchange/admin', '/admin'].map((base) => adminRouteAt(method, base + path, handle));

/** An admin call of any other path. */
export const adminRouteAt = (method: string, path: string, handle: Route['handle']): Route => ({
	call: 'other',
	methods: [method],
	path,
	access: 'loopback',
	handle,
});

/** Admin calls are small; whole messages go through the API. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** Reads the body of an admin call. Throws 400 unless it is a JSON object. */
export async function readJson(request: MeshRequest): Promise<JsonFields> {
	const blocks: Buffer[] = [];
	let bytes = 0;
	for await (const block of request.raw as AsyncIterable<Buffer>) {
		bytes += block.length;
		if (bytes > MAXIMUM_BYTES) throw bodyProblem('', `Body should have at most ${MAXIMUM_BYTES} bytes`);
		blocks.push(block);
	}
	request.record.requestBytes = bytes;
	return new JsonFields(parse(Buffer.concat(blocks).toString('utf8')));
}

/** A workflow ID if one is given; like a send's it must say something, unless empty ones are accepted. */
export function readWorkflowId({ context }: MeshRequest, fields: JsonFields): string | undefined {
	const workflowId = fields.optionalText('workflow_id');
	if (workflowId?.trim() === '' && context.behaviour.emptyWorkflowId === 'refused')
		throw bodyProblem('workflow_id', 'Give a workflow ID: MESH refuses an empty one');
	return workflowId;
}

/** A 400 that names a field of the body. */
export const bodyProblem = (field: string, msg: string): ValidationRefusal =>
	new ValidationRefusal([{ loc: ['body', field], msg, type: 'value_error' }]);

function parse(text: string): Record<string, unknown> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw bodyProblem('', 'Body should be JSON');
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bodyProblem('', 'Body should be a JSON object');
	return value as Record<string, unknown>;
}

/** Typed access to the fields of a JSON object; each read throws a 400 that names the field when the type is wrong. */
export class JsonFields {
	constructor(readonly all: Record<string, unknown>) {}

	text(name: string): string {
		const value = this.optionalText(name);
		if (value === undefined) throw bodyProblem(name, 'Field required');
		return value;
	}

	optionalText(name: string): string | undefined {
		return this.optional(name, 'a string', (value): value is string => typeof value === 'string');
	}

	optionalNumber(name: string): number | undefined {
		return this.optional(name, 'a number', (value): value is number => typeof value === 'number');
	}

	optionalFlag(name: string): boolean | undefined {
		return this.optional(name, 'true or false', (value): value is boolean => typeof value === 'boolean');
	}

	optionalTexts(name: string): string[] | undefined {
		const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');
		return this.optional(name, 'a list of strings', isTexts);
	}

	private optional<T>(name: string, kind: string, fits: (value: unknown) => value is T): T | undefined {
		const value = this.all[name];
		if (value === undefined || value === null) return undefined;
		if (!fits(value)) throw bodyProblem(name, `Input should be ${kind}`);
		return value;
	}
}
