import { authorizationHeader } from './authorization';
import type { Transport } from './http/types';
import type { ClientSettings } from './settings';
import type { MeshLogger, MeshRuntime } from './types';

/** What every call works with. */
export interface MeshConnection {
	readonly settings: ClientSettings;
	readonly transport: Transport;
	readonly runtime: MeshRuntime;
	readonly logger: MeshLogger;
}

/** A token for one attempt: MESH refuses a token that it has seen before. */
export function freshAuthorization({ settings, runtime }: MeshConnection): string {
	const { mailboxId, password, sharedKey } = settings;
	return authorizationHeader({ mailboxId, password, sharedKey, nonce: runtime.uuid(), nonceCount: 0, now: runtime.now() });
}

export const silentLogger: MeshLogger = { debug() {}, info() {}, warn() {} };
