import { runSandbox } from './cli/run';

void runSandbox(process.argv.slice(2), process.env);
