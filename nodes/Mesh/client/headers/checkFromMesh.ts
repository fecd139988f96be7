import { unreadable } from '../http/readJson';
import type { HttpResponse } from '../http/types';

/**
 * Every message that MESH hands out carries headers of MESH (MESH API, download message). An answer without any is the page of
 * a proxy or of a portal: taken for a message, it would be processed as one, and the real message acknowledged.
 */
export function checkFromMesh({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>, call: string): void {
	if (!Object.keys(headers).some((name) => name.startsWith('mex-'))) throw unreadable(call, status, 'it has none of the headers of a message');
}
