import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INode } from 'n8n-workflow';
import { isMeshError, type MeshError, type MeshErrorCode } from '../client';
import { expressionContext } from './expressionContext';

/** Failures that lie with the workflow or the user, not with the service. */
const OPERATION_CODES: readonly MeshErrorCode[] = ['MESH_INVALID_INPUT', 'MESH_INVALID_CREDENTIAL', 'MESH_LIMIT', 'MESH_ABORTED'];

/**
 * The error that n8n shows and stores: what happened, what to do next, and on which item. It holds facts of the failure
 * only, never the original error object, which could carry a request with its authorization.
 */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeApiError | NodeOperationError {
	if (isNodeError(error)) {
		if (itemIndex !== undefined) error.context.itemIndex ??= itemIndex;
		return error;
	}
	if (isMeshError(error)) return fromMeshError(node, error, itemIndex);
	return fromOtherError(node, error, itemIndex);
}

/** The harmless facts of a failure, flat, for `json` on continue-on-fail and for the error's `context.data`. */
export function errorFacts(error: unknown): IDataObject {
	if (!isMeshError(error)) return {};
	const { code, httpStatus, meshEvent, meshCode, networkCode, messageId, localId, parameter, temporary, ambiguous, upload } = error;
	const facts = { errorCode: code, httpStatus, meshEvent, meshCode, networkCode, messageId, localId, parameter, temporary, ambiguous, upload: upload && { ...upload } };
	return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function fromMeshError(node: INode, error: MeshError, itemIndex: number | undefined): NodeApiError | NodeOperationError {
	// n8n marks an execution as canceled, not failed, when the message of its error holds this very word.
	const message = error.code === 'MESH_ABORTED' ? 'The execution was canceled' : error.message;
	const description = [error.hint, continuation(error)].filter((part) => part !== undefined).join(' ') || undefined;
	const result = OPERATION_CODES.includes(error.code)
		? new NodeOperationError(node, message, { description, itemIndex })
		: new NodeApiError(node, { message }, { message, description, itemIndex, httpCode: error.httpStatus?.toString() });
	result.message = message; // n8n swaps messages that contain words such as ECONNRESET for texts of its own
	result.description = description;
	result.context.data = errorFacts(error);
	return result;
}

function continuation({ upload }: MeshError): string | undefined {
	return upload && `To go on where the upload stopped, send the same content again with the option Continue Upload set to ${JSON.stringify(upload)}`;
}

/** Errors of n8n itself and of the system; of anything unknown only the message, since a property could hold a secret. */
function fromOtherError(node: INode, error: unknown, itemIndex: number | undefined): NodeOperationError {
	const { message, description, isParseError } = read(error);
	// The message of a parse error quotes the text that could not be parsed, which may be the content of a message.
	const text = isParseError ? 'Text that should be JSON is not' : message;
	const result = new NodeOperationError(node, text, { itemIndex, description });
	result.message = text;
	Object.assign(result.context, expressionContext(error));
	return result;
}

function read(error: unknown): { message: string; description?: string; isParseError: boolean } {
	if (!(error instanceof Error)) return { message: 'The operation failed for an unknown reason', description: 'Run it again. If it fails again, look into the log of n8n.', isParseError: false };
	const description = 'description' in error && typeof error.description === 'string' ? error.description : undefined;
	return { message: error.message, description, isParseError: error.name === 'SyntaxError' };
}

/** By name: n8n and this package may each have their own copy of n8n-workflow. */
function isNodeError(error: unknown): error is NodeApiError | NodeOperationError {
	return error instanceof Error && (error.name === 'NodeApiError' || error.name === 'NodeOperationError') && 'context' in error;
}
