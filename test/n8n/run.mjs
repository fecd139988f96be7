// npm run test:n8n: the built package in a real n8n 2.x. Arguments go to jest, such as a part of a file name.
import { launch } from '../../demo/launcher.mjs';

await launch('test/n8n/run.ts', process.argv.slice(2));
