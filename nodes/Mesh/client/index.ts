export * from './types';
export * from './errors';
export { MeshClient } from './MeshClient';
