import { freePort } from '../page/freePort';
import { startSandbox } from '../startSandbox';
import { DEFAULT_MAILBOXES } from '../store/mailboxes';
import type { Sandbox } from '../contract/sandbox';
import { HELP, readCliOptions } from './cliOptions';
import { certificatesIn } from './certificateFolder';
import { requestLine, welcome } from './welcome';

const print = (text: string) => process.stdout.write(text);

/** Ctrl-C, the request to end, a closed terminal, Ctrl-\. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Runs the sandbox until one of these signals. Without one to run (`--help`, or an error that is told in one line) resolves to undefined. */
export async function runSandbox(argv: string[], environment: NodeJS.ProcessEnv): Promise<Sandbox | undefined> {
	try {
		return await run(argv, environment);
	} catch (error) {
		process.stderr.write(`${explain(error as NodeJS.ErrnoException)}\n`);
		process.exitCode = 1;
		return undefined;
	}
}

async function run(argv: string[], environment: NodeJS.ProcessEnv): Promise<Sandbox | undefined> {
	const options = readCliOptions(argv, environment);
	if (options.help) return void print(HELP);
	const { mailboxId, odsCode } = (options.mailboxes ?? DEFAULT_MAILBOXES)[0];
	const clientName = `${mailboxId}.${odsCode}.api.mesh-client.nhs.uk`;
	const sandbox = await startSandbox({
		...options,
		pagePort: options.pagePort ?? (await freePort(options.port === 0 ? 0 : options.port + 1)),
		certificates: options.tls ? await certificatesIn(options.certificateFolder, clientName) : undefined,
		onRequest: options.quiet ? undefined : (request) => print(requestLine(request)),
	});
	const end = () => {
		// Of a terminal that was closed; the last lines then have no reader.
		process.stdout.on('error', () => undefined);
		sandbox.close().then(
			() => process.exit(0),
			(error: NodeJS.ErrnoException) => {
				process.stderr.write(`${explain(error)}\n`);
				process.exit(1);
			},
		);
	};
	for (const signal of ENDING_SIGNALS) process.once(signal, end);
	// A terminal or a pipe that was closed without a signal.
	process.stdout.once('error', end);
	print(welcome(sandbox, options));
	return sandbox;
}

/** Why the sandbox cannot start, in one line. */
function explain(error: NodeJS.ErrnoException & { port?: number }): string {
	const { code, port = '', path, message } = error;
	if (code === 'EADDRINUSE') return `Port ${port} is taken: end what uses it, or choose another with --port (the API) or --page-port (the page).`;
	if (code === 'EACCES') return `No permission: ${path ?? `port ${port}`}. Choose another folder or port.`;
	if (code === 'ERR_SANDBOX_FOLDER_IN_USE') return `${message} End it, or choose another folder with --data.`;
	return message;
}
