import { parseArgs } from 'node:util';
import { problem } from '../n8n-lab/terminal';

/** What `npm start` was asked to do. */
export interface DemoSettings {
	/** n8n's port. */
	port: number;
	sandboxPort: number;
	/** Send a message through once, compare, end. */
	check: boolean;
	help: boolean;
}

export const usage = `Usage: npm start -- [options]

Starts n8n with the NHS MESH nodes, a local MESH sandbox, and example workflows.

  --port PORT          port of n8n (default 5678)
  --sandbox-port PORT  port of the MESH sandbox (default 8700)
  --check              send a file through the example workflows once, compare it, and end
  --help               show this

Data, certificates and logs are in .mesh/ (delete it to start afresh), n8n itself in .n8n-host/;
set MESH_N8N_HOST_DIR to install n8n elsewhere.`;

/** @throws a problem about an unknown option or a value that is no port */
export function parseSettings(args: string[]): DemoSettings {
	const values = parse(args);
	return {
		port: toPort('--port', values.port),
		sandboxPort: toPort('--sandbox-port', values['sandbox-port']),
		check: values.check,
		help: values.help,
	};
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				port: { type: 'string', default: '5678' },
				'sandbox-port': { type: 'string', default: '8700' },
				check: { type: 'boolean', default: false },
				help: { type: 'boolean', short: 'h', default: false },
			},
		}).values;
	} catch (error) {
		throw problem(`${(error as Error).message}\n\n${usage}`);
	}
}

function toPort(option: string, text: string): number {
	const port = Number(text);
	if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
	throw problem(`${option} takes a port number from 1 to 65535, not "${text}"`);
}
