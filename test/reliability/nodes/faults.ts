import type { Fault } from '../../../sandbox';

/** Faults that a client gets over when they pass. */
export const passing: ReadonlyArray<[name: string, fault: Fault, codeIfLasting: string]> = [
	['503 with Retry-After', { kind: 'status', status: 503, headers: { 'retry-after': '20' } }, 'MESH_STATUS'],
	['a connection reset before processing', { kind: 'resetBeforeProcessing' }, 'MESH_NETWORK'],
	['an answer that is lost', { kind: 'resetAfterProcessing' }, 'MESH_NETWORK'],
	['silence', { kind: 'stall', where: 'beforeAnswer' }, 'MESH_TIMEOUT'],
	['an answer that comes too late', { kind: 'lateAnswer', ms: 600_000 }, 'MESH_TIMEOUT'],
];

/** The same for what breaks the content of a download. */
export const breakingContent: ReadonlyArray<[name: string, fault: Fault, codeIfLasting: string]> = [
	['an answer that breaks off', { kind: 'resetInResponseBody', afterBytes: 20 }, 'MESH_NETWORK'],
	['an answer that stops', { kind: 'stall', where: 'inResponseBody', afterBytes: 20 }, 'MESH_TIMEOUT'],
	['a page of a proxy', { kind: 'garbageJson' }, 'MESH_PROTOCOL'],
	['a compressed body that is cut', { kind: 'truncate', bytes: 20, length: 'adjusted' }, 'MESH_INTEGRITY'],
];

/** Faults of a download that no repetition mends. */
export const final: ReadonlyArray<[name: string, fault: Fault, code: string]> = [
	['403', { kind: 'status', status: 403 }, 'MESH_STATUS'],
	['the neighbouring chunk', { kind: 'duplicateChunk' }, 'MESH_INTEGRITY'],
];
