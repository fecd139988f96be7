import { dirname, join } from 'node:path';

/** The repository. */
export const repositoryFolder = dirname(__dirname);

/** Where npm start keeps data, certificates, logs and n8n's own folder; git ignores it. */
export const demoFolder = join(repositoryFolder, '.mesh');

/** The pinned n8n's package.json and package-lock.json. */
export const hostManifestFolder = join(__dirname, 'n8n-host');

/**
 * Where the pinned n8n is installed (about 3 GB); git ignores it. MESH_N8N_HOST_DIR puts it elsewhere, so that several
 * clones can share one.
 */
export const hostFolder = process.env.MESH_N8N_HOST_DIR ?? join(repositoryFolder, '.n8n-host');
