export * from './types';
export * from './errors';
export { MeshClient } from './MeshClient';
export { bufferSource } from './sources/bufferSource';
export { digestOf } from './sources/digestOf';
export { fileSource } from './sources/fileSource';
export { streamSource } from './sources/streamSource';
export type { StreamSource } from './sources/streamSource';
