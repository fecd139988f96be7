import { createHash } from 'node:crypto';
import type { MeshApiCredentials } from '../transport/meshApiCredentials';

/** Tells an edited credential from the one that was validated. Kept in memory only. */
export function credentialPrint(credentials: MeshApiCredentials): string {
	return createHash('sha256').update(JSON.stringify(Object.entries(credentials).sort())).digest('hex');
}
