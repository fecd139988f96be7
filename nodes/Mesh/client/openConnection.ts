import { secureContextOf } from './certificates/secureContextOf';
import type { MeshConnection } from './connection';
import { silentLogger } from './connection';
import { undiciTransport } from './http/undiciTransport';
import { systemRuntime } from './runtime';
import { checkSettings } from './settings';
import type { MeshClientOptions } from './types';

/** Checks everything about a credential that can be checked without a request. Throws `MESH_INVALID_CREDENTIAL`. */
export function openConnection(options: MeshClientOptions): MeshConnection {
	const settings = checkSettings(options);
	const isHttps = settings.origin.startsWith('https:');
	return {
		settings,
		transport: undiciTransport({
			origin: settings.origin,
			secureContext: isHttps ? secureContextOf(options.tls) : undefined,
			ignoreServerCertificate: options.tls.ignoreServerCertificate ?? false,
			timeouts: settings.timeouts,
		}),
		runtime: { ...systemRuntime, ...options.runtime },
		logger: options.logger ?? silentLogger,
	};
}
