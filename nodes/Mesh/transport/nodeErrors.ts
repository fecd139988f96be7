import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INode } from 'n8n-workflow';
import { hideByForm, isClosedOnUs, isMeshError } from '../client';
import type { MeshError, MeshErrorCode } from '../client';

/** Failures that lie with the workflow or the user, not with the service. */
const OPERATION_CODES: readonly MeshErrorCode[] = [
	'MESH_INVALID_INPUT',
	'MESH_INVALID_CREDENTIAL',
	'MESH_STORAGE',
	'MESH_LIMIT',
	'MESH_ABORTED',
];

/** What an error tells people. */
interface Wording {
	message: string;
	description?: string;
}

interface ErrorDetails {
	description?: string;
	itemIndex?: number;
	/** For workflows that handle the error. */
	data?: unknown;
}

/** An error with all that it is to say. */
export function nodeError(node: INode, message: string, { description, itemIndex, data }: ErrorDetails): NodeOperationError {
	const made = new NodeOperationError(node, message, { description, itemIndex });
	return completed(made, { message, description }, data === undefined ? {} : { data });
}

/**
 * The one place where an error gets something after it was made: n8n's constructors swap messages that contain words such as ECONNRESET
 * for texts of their own, and take no context.
 */
function completed<E extends NodeApiError | NodeOperationError>(made: E, { message, description }: Wording, context: IDataObject): E {
	Object.assign(made.context, context);
	return Object.assign(made, { message, description: description === message ? undefined : description });
}

/**
 * The error that n8n shows and stores: what happened, what to do next, and on which item. It holds facts of the failure
 * only, never the original error object, which could carry a request with its authorization.
 * @param reword for what else there is to say than of the failure alone
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex?: number,
	reword: (wording: Wording) => Wording = (same) => same,
): NodeApiError | NodeOperationError {
	if (isNodeError(error)) return fromNodeError(node, error, itemIndex, reword);
	if (isMeshError(error)) return fromMeshError(node, error, itemIndex, reword);
	return fromOtherError(node, error, itemIndex, reword);
}

/** The harmless facts of a failure, flat, for `json` on continue-on-fail and for the error's `context.data`. */
export function errorFacts(error: unknown): IDataObject {
	if (!isMeshError(error)) return {};
	const { code, httpStatus, meshEvent, meshCode, networkCode, messageId, localId, parameter, temporary, ambiguous, upload } = error;
	const facts = {
		errorCode: code,
		httpStatus,
		meshEvent,
		meshCode,
		networkCode,
		messageId,
		localId,
		parameter,
		temporary,
		ambiguous,
		upload: upload && { ...upload },
	};
	return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/**
 * An error that n8n made, or that was made here, anew: it belongs to whoever threw it, and its stack, its cause and what else n8n keeps of
 * its texts quote them as they were.
 */
function fromNodeError(
	node: INode,
	error: NodeApiError | NodeOperationError,
	itemIndex: number | undefined,
	reword: (wording: Wording) => Wording,
): NodeApiError | NodeOperationError {
	const { level, functionality } = error;
	// Those that we made are clean, and can quote what the next try is to be given.
	const hide = error.context.data === undefined ? hideByForm : (text: string) => text;
	const { message, description } = reword({
		message: hide(error.message),
		description: typeof error.description === 'string' ? hide(error.description) : undefined,
	});
	const context = Object.fromEntries(
		Object.entries(error.context).map(([key, value]) => [key, typeof value === 'string' ? hide(value) : value] as const),
	);
	context.itemIndex ??= itemIndex;
	const options = { message, description, level, functionality };
	const made = isApiError(error)
		? new NodeApiError(node, { message }, { ...options, httpCode: error.httpCode ?? undefined })
		: new NodeOperationError(node, message, { ...options, type: error.type });
	return completed(made, { message, description }, context);
}

function fromMeshError(
	node: INode,
	error: MeshError,
	itemIndex: number | undefined,
	reword: (wording: Wording) => Wording,
): NodeApiError | NodeOperationError {
	const { message, description } = reword({
		// n8n marks an execution as canceled, not failed, when the message of its error holds this very word.
		message: error.code === 'MESH_ABORTED' ? 'The execution was canceled' : hideByForm(titleOf(error)),
		// What the next try is to be given stays as it is.
		description: joined(hideByForm(joined(error.hint, details(error)) ?? '') || undefined, continuation(error)),
	});
	const data = errorFacts(error);
	if (OPERATION_CODES.includes(error.code)) return nodeError(node, message, { description, itemIndex, data });
	const made = new NodeApiError(node, { message }, { message, description, itemIndex, httpCode: error.httpStatus?.toString() });
	return completed(made, { message, description }, { data });
}

/** What happened, in plain words. */
export const titleOf = ({ title, message }: MeshError): string => title ?? message;

/** The same with its status, codes and host, where the title leaves them out. */
function details({ title, message, code, call = '' }: MeshError): string | undefined {
	if (title === undefined || code === 'MESH_ABORTED') return undefined;
	const prefix = `Could not ${call}: `;
	return `Details: ${sentence(message.startsWith(prefix) ? message.slice(prefix.length) : message)}`;
}

/** As sentences one after the other. */
export function joined(...parts: Array<string | undefined>): string | undefined {
	return (
		parts
			.filter((part) => part !== undefined)
			.map(sentence)
			.join(' ') || undefined
	);
}

function continuation({ upload }: MeshError): string | undefined {
	return (
		upload &&
		`To go on where the upload stopped, send the same content again with the option Continue Upload set to ${JSON.stringify(upload)}`
	);
}

/** Errors of n8n itself and of the system; of anything unknown only the message, since a property could hold a secret. */
function fromOtherError(
	node: INode,
	error: unknown,
	itemIndex: number | undefined,
	reword: (wording: Wording) => Wording,
): NodeOperationError {
	const { message: given, description: advice, isParseError } = read(error);
	// The message of a parse error quotes the text that could not be parsed, which may be the content of a message.
	const text = isParseError ? 'Text that should be JSON is not' : hideByForm(given);
	const { message, description } = reword({ message: text, description: advice });
	const made = new NodeOperationError(node, message, { description, itemIndex });
	return completed(made, { message, description }, expressionContext(error));
}

function read(error: unknown): { message: string; description?: string; isParseError: boolean } {
	if (!(error instanceof Error))
		return {
			message: 'The operation failed for an unknown reason',
			description: 'Run it again. If it fails again, look into the log of n8n.',
			isParseError: false,
		};
	const description = 'description' in error && typeof error.description === 'string' ? error.description : undefined;
	return { message: error.message, description, isParseError: error.name === 'SyntaxError' };
}

/** By name: n8n and this package may each have their own copy of n8n-workflow. */
function isNodeError(error: unknown): error is NodeApiError | NodeOperationError {
	return error instanceof Error && (error.name === 'NodeApiError' || error.name === 'NodeOperationError') && 'context' in error;
}

const isApiError = (error: NodeApiError | NodeOperationError): error is NodeApiError => error.name === 'NodeApiError';

/** Names of nodes and parameters, and texts of n8n: none of them holds data of an item. */
const KEYS = ['messageTemplate', 'descriptionKey', 'descriptionTemplate', 'causeDetailed', 'nodeCause', 'parameter', 'runIndex', 'type'];

/** Of an expression that failed, what the editor of n8n makes its advice of, such as which node to wire up. */
function expressionContext(error: unknown): IDataObject {
	if (!(error instanceof Error) || error.name !== 'ExpressionError' || !('context' in error)) return {};
	const context = Object(error.context) as IDataObject;
	return Object.fromEntries(
		KEYS.map((key) => [key, context[key]] as const).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
	);
}

/** What is told of a credential beside its failure: nothing of it is secret. */
export interface CredentialFacts {
	baseUrl: string;
	hasClientCertificate: boolean;
}

/** What is wrong with a credential and what to do about it, in one text for the editor. Never quotes a field's content. */
export function explainConnectionFailure(error: unknown, credential?: CredentialFacts): string {
	if (!isMeshError(error)) {
		const name = error instanceof Error ? error.name : 'error';
		return `The connection could not be tested (unexpected ${name}). Check that all fields of the credential are filled in.`;
	}
	return joined(titleOf(error), whatToDo(error, credential)) ?? '';
}

/** The advice alone, for where the title stands beside it. */
export function whatToDo(error: MeshError, credential?: CredentialFacts): string | undefined {
	return joined(connectionAdvice(error, credential) ?? error.hint, details(error));
}

/**
 * The usual causes where the failure itself does not tell. With TLS 1.3 a server looks at the client certificate only after the
 * handshake, and many just hang up then; so does what speaks TLS and is spoken to in plain http.
 */
export const CONNECTION_ADVICE = {
	plainHttp:
		'The base URL begins with http://. The server hung up or did not answer in HTTP, as one does that speaks TLS: begin it with https://.',
	noCertificate:
		'The credential has no client certificate, and the server hung up, as one does that demands one: choose PEM or PKCS#12 in Client Certificate and supply it.',
	closed:
		'If it happens each time, the server probably refused the client certificate: check that it was issued for this environment, is in date and belongs to this mailbox. Otherwise a proxy or a firewall closed the connection.',
};

function connectionAdvice(error: MeshError, credential: CredentialFacts | undefined): string | undefined {
	const isClosed = isClosedOnUs(error);
	if (credential !== undefined && /^http:/i.test(credential.baseUrl) && (isClosed || error.networkCode?.startsWith('HPE_')))
		return CONNECTION_ADVICE.plainHttp;
	if (!isClosed) return undefined;
	return credential?.hasClientCertificate === false ? CONNECTION_ADVICE.noCertificate : CONNECTION_ADVICE.closed;
}

function sentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * JSON of an item that failed while the workflow goes on. Everything is beneath `error`, because n8n recognises an error
 * item, and puts it on the error output, by that being its only field: beside other fields, older n8n takes it for a success.
 */
export function errorItemJson(nodeError: NodeApiError | NodeOperationError, cause: unknown): IDataObject {
	const { message, description } = nodeError;
	return { error: { message, ...(typeof description === 'string' && description !== '' ? { description } : {}), ...errorFacts(cause) } };
}
