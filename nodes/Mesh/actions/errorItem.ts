import type { IDataObject, NodeApiError, NodeOperationError } from 'n8n-workflow';
import { errorFacts } from '../transport/toNodeError';

/**
 * JSON of an item that failed while the workflow goes on. Everything is beneath `error`, because n8n recognises an error
 * item, and puts it on the error output, by that being its only field: beside other fields, older n8n takes it for a success.
 */
export function errorItemJson(nodeError: NodeApiError | NodeOperationError, cause: unknown): IDataObject {
	const { message, description } = nodeError;
	return { error: { message, ...(typeof description === 'string' && description !== '' ? { description } : {}), ...errorFacts(cause) } };
}
