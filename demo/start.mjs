// npm start: see demo/main.ts. Options: npm start -- --help
import { launch } from './launcher.mjs';

await launch('demo/main.ts', process.argv.slice(2));
