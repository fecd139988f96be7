import type { IDataObject } from 'n8n-workflow';
import { invalidInput, type SendOptions } from '../../../client';
import { bytesOfMebibytes } from '../../sizeInMebibytes';
import { readUploadState } from './uploadState';

/** How the message is to be sent. @throws MeshError MESH_INVALID_INPUT */
export function readSendOptions(options: IDataObject, signal: AbortSignal | undefined): SendOptions {
	const compression = options.compression ?? 'auto';
	if (compression !== 'auto' && compression !== 'always' && compression !== 'never') {
		throw invalidInput('compression', "'Compression' is not one of its choices", 'Use auto, always or never.');
	}
	return {
		signal,
		compression,
		chunkSize: bytesOfMebibytes(options.chunkSize, 'chunkSize', 'Chunk Size'),
		sendAgainWhenNoRecord: options.sendAgainWhenNoRecord === true,
		continueFrom: readUploadState(options.continueUpload),
	};
}
