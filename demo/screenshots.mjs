// npm run screenshots: see demo/screenshots/main.ts.
import { launch } from './launcher.mjs';

await launch('demo/screenshots/main.ts', process.argv.slice(2));
