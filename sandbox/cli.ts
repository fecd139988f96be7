import { HELP, readCliOptions, type CliOptions } from './cli/cliOptions';
import { certificatesIn } from './cli/certificateFolder';
import { requestLine, welcome } from './cli/welcome';
import { freePort } from './page/freePort';
import { startSandbox } from './startSandbox';
import { DEFAULT_MAILBOXES } from './store/mailboxes';

const print = (text: string) => process.stdout.write(text);

/** Runs the sandbox until Ctrl-C or SIGTERM. */
async function run(): Promise<void> {
	const options = readCliOptions(process.argv.slice(2), process.env);
	if (options.help) return void print(HELP);
	const { mailboxId, odsCode } = (options.mailboxes ?? DEFAULT_MAILBOXES)[0];
	const clientName = `${mailboxId}.${odsCode}.api.mesh-client.nhs.uk`;
	const sandbox = await startSandbox({
		...options,
		pagePort: options.pagePort ?? (await freePort(options.port === 0 ? 0 : options.port + 1)),
		certificates: options.tls ? await certificatesIn(options.certificateFolder, clientName) : undefined,
		onRequest: options.quiet ? undefined : (request) => print(requestLine(request)),
	});
	print(welcome(sandbox, options));
	const end = () => void sandbox.close().then(() => process.exit(0));
	process.once('SIGINT', end);
	process.once('SIGTERM', end);
}

/** Why the sandbox cannot start, in one line. */
function explain(error: NodeJS.ErrnoException, port: CliOptions['port'] | undefined): string {
	if (error.code === 'EADDRINUSE') return `Port ${port ?? ''} is taken: end what uses it, or choose another with --port (the API) or --page-port (the page).`;
	if (error.code === 'EACCES') return `No permission: ${error.path ?? `port ${port ?? ''}`}. Choose another folder or port.`;
	return error.message;
}

run().catch((error: NodeJS.ErrnoException & { port?: number }) => {
	process.stderr.write(`${explain(error, error.port)}\n`);
	process.exitCode = 1;
});
