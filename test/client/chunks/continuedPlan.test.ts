import type { UploadState } from '../../../nodes/Mesh/client';
import { continuedPlan } from '../../../nodes/Mesh/client/send/chunkPlan';
import { thrownBy } from '../world';

const state: UploadState = { messageId: 'ID1', localId: 'L', nextChunk: 2, chunkCount: 3, chunkSize: 10, compressed: true, size: 25 };

test('an interrupted upload goes on as it was cut and compressed', () => {
	expect(continuedPlan(25, state)).toEqual({ size: 25, chunkSize: 10, chunkCount: 3, compressed: true });
});

test('another content than the one that was begun is refused, because the receiver would get a mixture', () => {
	const error = thrownBy(() => continuedPlan(26, state));
	expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'continueFrom' });
	expect(error.message).toMatch(/26 bytes.*25/);
});

test.each<[string, Partial<UploadState>]>([
	['a chunk that MESH must have already', { nextChunk: 1 }],
	['a chunk behind the last', { nextChunk: 4 }],
	['half a chunk', { nextChunk: 2.5 }],
	['a wrong count', { chunkCount: 4 }],
	['a chunk size of nothing', { chunkSize: 0 }],
	['no message ID', { messageId: '' }],
	['a message ID that is none', { messageId: 'a b' }],
	['text for a flag', { compressed: 'yes' as unknown as boolean }],
])('%s is refused, as the state may have been typed by hand', (_what, change) => {
	expect(thrownBy(() => continuedPlan(25, { ...state, ...change }))).toMatchObject({
		code: 'MESH_INVALID_INPUT',
		parameter: 'continueFrom',
	});
});
