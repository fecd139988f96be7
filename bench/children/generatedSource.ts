import type { MessageSource } from '../../nodes/Mesh/client';
import { Content } from '../server/content';
import type { ContentKind } from '../work';

const SLICE_BYTES = 256 * 1024;

/** Content without a file behind it. */
export function generatedSource(kind: ContentKind, size: number): MessageSource {
	const content = Content.of(kind);
	return {
		size,
		async *read(start, end) {
			yield* content.views(start, end, SLICE_BYTES);
		},
	};
}
