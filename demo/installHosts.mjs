// npm run install:n8n: see demo/host/installHosts.ts.
import { launch } from './launcher.mjs';

await launch('demo/host/installHosts.ts', process.argv.slice(2));
