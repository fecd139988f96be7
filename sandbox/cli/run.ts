import { createServer } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_BEHAVIOUR } from '../contract/behaviour';
import type { RecordedRequest } from '../contract/faults';
import type { Sandbox } from '../contract/sandbox';
import { startSandbox } from '../startSandbox';
import { DEFAULT_MAILBOXES } from '../store/mailboxes';
import { CERTIFICATE_FILES, certificatesIn } from './certificateFolder';
import { HELP, readCliOptions } from './cliOptions';
import type { CliOptions } from './cliOptions';

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
	if (code === 'EADDRINUSE')
		return `Port ${port} is taken: end what uses it, or choose another with --port (the API) or --page-port (the page).`;
	if (code === 'EACCES') return `No permission: ${path ?? `port ${port}`}. Choose another folder or port.`;
	if (code === 'ERR_SANDBOX_FOLDER_IN_USE') return `${message} End it, or choose another folder with --data.`;
	return message;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * What to paste where, as a plain table. Secrets of the user's own are named, not shown. The first line ends with the
 * address, for programs that read it.
 */
export function welcome(sandbox: Sandbox, options: CliOptions): string {
	const [first, ...others] = (options.mailboxes ?? DEFAULT_MAILBOXES).map(({ mailboxId }) => mailboxId.toUpperCase());
	const file = (name: keyof typeof CERTIFICATE_FILES) => join(options.certificateFolder, CERTIFICATE_FILES[name]);
	const rows: Array<[string, string]> = [
		['Environment', 'Custom URL'],
		['Base URL', sandbox.url],
		['Mailbox ID', others.length > 0 ? `${first}   (or ${others.join(', ')})` : first],
		['Mailbox Password', options.mailboxes ? '(as in your mailboxes file)' : 'password'],
		['Shared Key', options.sharedKey === undefined ? 'TestKey' : '(as you set it)'],
	];
	if (options.tls) {
		if (options.requireClientCertificate) {
			rows.push(['Certificate (PEM)', `content of ${file('clientCertificate')}`]);
			rows.push(['Private Key (PEM)', `content of ${file('clientKey')}`]);
			rows.push(['  or PKCS#12', `${file('clientPkcs12')} as base64, passphrase ${sandbox.certificates.clientPkcs12Passphrase}`]);
		}
		rows.push(['CA Certificates', `content of ${file('ca')}`]);
	}
	const table = rows.map(([name, value]) => `  ${name.padEnd(20)}${value}`).join('\n');
	const kept = options.dataFolder === undefined ? 'Messages are forgotten at the end.' : `Messages are kept in ${options.dataFolder}.`;
	const page = sandbox.pageUrl === undefined ? '' : `Messages and requests to look at in a browser: ${sandbox.pageUrl}\n\n`;
	return `The MESH sandbox is running at ${sandbox.url}\n${kept} Ctrl-C ends it.\n\n${clockNotice(sandbox)}${switchNotice(sandbox, options)}${page}For the n8n credential "NHS MESH API":\n\n${table}\n\n`;
}

/** Says that the clock was left ahead, before anybody wonders why clients are refused. */
function clockNotice({ clock, pageUrl }: Sandbox): string {
	if (clock.offsetMs === 0) return '';
	const call =
		pageUrl === undefined
			? `the admin call POST /clock with {"reset":true}`
			: `\n  curl --header 'Origin: ${pageUrl}' --data '{"reset":true}' ${pageUrl}/messageexchange/admin/clock`;
	return `Its clock is ${duration(clock.offsetMs)} ahead, as it was left. This sets it right: ${call}\n\n`;
}

/** Says that switches were left other than this start asks for. */
function switchNotice({ behaviour }: Sandbox, options: CliOptions): string {
	const asked: Partial<Record<string, unknown>> = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
	const names = Object.entries(behaviour)
		.filter(([name, value]) => !isDeepStrictEqual(value, asked[name]))
		.map(([name]) => name);
	return names.length === 0
		? ''
		: `These switches are as they were left: ${names.join(', ')}. --set at the start, or the admin call PATCH /behaviour, sets them.\n\n`;
}

function duration(ms: number): string {
	const [unit, name] = ms >= 48 * HOUR_MS ? [24 * HOUR_MS, 'days'] : ms >= 2 * HOUR_MS ? [HOUR_MS, 'hours'] : [HOUR_MS / 60, 'minutes'];
	return `${Number((ms / unit).toFixed(1))} ${name}`;
}

/** One line per request: local time, method, path, status, and the reason of a refusal. */
export function requestLine(request: RecordedRequest): string {
	const time = new Date().toTimeString().slice(0, 8);
	const { method, path, status, outcome, warning } = request;
	const reason = outcome === 'ok' ? '' : `  ${outcome.split('\n')[0]}`;
	return `${time}  ${method.padEnd(4)} ${path && `${path}  `}${status ?? '---'}${reason}${warning ? `  (${warning})` : ''}\n`;
}

/** The port itself when nothing uses it on 127.0.0.1, else 0, which lets the system choose. */
async function freePort(port: number): Promise<number> {
	if (port < 1 || port > 65_535) return 0;
	return await new Promise((resolve) => {
		const probe = createServer();
		probe.once('error', () => resolve(0));
		probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
	});
}
