/** n8n's own engine for tests: real execution and poll contexts, real binary data store, no server and no database. */
export * from './binaryData';
export * from './credentials';
export * from './execute';
export * from './poll';
export * from './workflow';
