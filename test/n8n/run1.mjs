// npm run test:n8n:1: the tests of npm run test:n8n, in the last n8n 1.x. Arguments go to jest.
import { launch } from '../../demo/launcher.mjs';

process.env.MESH_TESTED_N8N = '1';
await launch('test/n8n/run.ts', process.argv.slice(2));
