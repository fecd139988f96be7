import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Container } from '@n8n/di';
import { BinaryDataConfig, BinaryDataService } from 'n8n-core';
import type { IBinaryData } from 'n8n-workflow';

/**
 * Switches n8n's binary data store: `filesystem` is n8n 2's default, `default` keeps base64 in the items (n8n 1's default).
 * Call it in `beforeAll`, before the first execution.
 */
export async function useBinaryDataMode(mode: 'filesystem' | 'default'): Promise<void> {
	Container.get(BinaryDataConfig).mode = mode;
	await Container.get(BinaryDataService).init();
}

/** Puts content into the store, as an upstream node would; the result belongs into `item.binary`. */
export async function storeBinary(
	content: Buffer | Readable,
	details: { fileName?: string; mimeType?: string } = {},
	executionId = 'upstream',
): Promise<IBinaryData> {
	const { fileName, mimeType = 'application/octet-stream' } = details;
	return await Container.get(BinaryDataService).store({ type: 'execution', workflowId: 'wf1', executionId }, content, {
		data: '',
		mimeType,
		...(fileName === undefined ? {} : { fileName }),
	});
}

/** Content of an item's binary property, whichever mode stored it. */
export async function readBinary(data: IBinaryData | undefined): Promise<Buffer> {
	if (data === undefined) throw new Error('The item has no such binary property');
	if (data.id === undefined) return Buffer.from(data.data, 'base64');
	return await buffer(await Container.get(BinaryDataService).getAsStream(data.id));
}
