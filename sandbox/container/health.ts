import { get } from 'node:http';
import { healthSocket } from './healthSocket';

// The image's health check: ends with 0 while the sandbox in this container answers, else with 1.

get({ socketPath: healthSocket(), timeout: 5_000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
	.once('timeout', () => process.exit(1))
	.once('error', () => process.exit(1));
