import type { IBinaryData } from 'n8n-workflow';
import { invalidInput } from '../../../client';
import { binarySource, type BinarySource } from '../../../transport/messageSource';
import { textSource } from '../../../transport/textSource';
import type { OperationCall } from '../../operation';
import { requiredTextOf } from '../../parameters';

/**
 * Opens what the user chose as content. The caller closes it.
 * @throws MeshError MESH_INVALID_INPUT; NodeOperationError when the item has no such binary field
 */
export async function openContent(call: OperationCall): Promise<BinarySource> {
	const { context, itemIndex } = call;
	const from = context.getNodeParameter('contentFrom', itemIndex);
	switch (from) {
		case 'binary':
			return notEmpty(await binarySource(context, itemIndex, inputBinary(call)));
		case 'text':
			return notEmpty(textSource(String(context.getNodeParameter('text', itemIndex) ?? ''), 'text/plain; charset=utf-8'));
		case 'json':
			return notEmpty(textSource(jsonText(context.getNodeParameter('jsonContent', itemIndex)), 'application/json'));
		default:
			throw invalidInput('contentFrom', "'Content' is not one of its choices", 'Use binary, text or json.');
	}
}

/** The name of a field of the item, or, from an expression, a file of any node: n8n checks that it is one. */
function inputBinary({ context, itemIndex }: OperationCall): string | IBinaryData {
	const value: unknown = context.getNodeParameter('binaryPropertyName', itemIndex);
	return typeof value === 'object' && value !== null ? (value as IBinaryData) : requiredTextOf(value, 'binaryPropertyName', 'Input Binary Field');
}

/** An expression gives a value, the editor gives text: that stays as it was typed, because parsing would round long numbers. */
function jsonText(value: unknown): string {
	if (typeof value !== 'string') return JSON.stringify(value) ?? '';
	if (value.trim() !== '') checkJson(value);
	return value;
}

function checkJson(text: string): void {
	try {
		JSON.parse(text);
	} catch {
		throw invalidInput('jsonContent', 'The JSON to send is not valid', "Correct it, or set Content to 'Text' to send it as it is.");
	}
}

function notEmpty(source: BinarySource): BinarySource {
	if (source.size > 0) return source;
	throw invalidInput('contentFrom', 'The content is empty, and MESH refuses empty messages', 'Check what the previous node gives for this item.');
}
