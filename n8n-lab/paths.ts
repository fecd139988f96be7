import { dirname, join } from 'node:path';

/** The repository. */
export const repositoryFolder = dirname(__dirname);

/** Where npm start keeps data, certificates, logs and n8n's own folder; git ignores it. */
export const demoFolder = join(repositoryFolder, '.mesh');
