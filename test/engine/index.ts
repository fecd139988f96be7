/** n8n's own engine for tests: real execution and poll contexts, real binary data store, no server and no database. */
export * from './binaryData';
export * from './execute';
export * from './nodeTypes';
export * from './plainNodes';
export * from './poll';
export * from './sandboxCredential';
export * from './workflow';
export type { CredentialData } from './credentialsHelper';
