import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { NHS_SANDBOX_BEHAVIOUR, changeBehaviour } from '../contract/behaviour';
import type { Behaviour } from '../contract/behaviour';
import type { MailboxSettings } from '../contract/sandbox';
import { completeMailbox } from '../store/mailboxes';

/** What the command line and the environment ask for. */
export interface CliOptions {
	help: boolean;
	port: number;
	/** Undefined: the port after the API's, or any free one if that is taken. */
	pagePort?: number | false;
	/** Undefined: keep nothing. */
	dataFolder?: string;
	certificateFolder: string;
	mailboxes?: MailboxSettings[];
	sharedKey?: string;
	tls: boolean;
	requireClientCertificate: boolean;
	latencyMs: number;
	maximumRequestBytes?: number;
	behaviour: Partial<Behaviour>;
	quiet: boolean;
}

export const HELP = `A local MESH server for development and tests.

  npm run sandbox -- [options]

  --port N               port on 127.0.0.1 (8700; 0 is any free one)       MESH_SANDBOX_PORT
  --page-port N          port of the page for browsers, plain http
                         (the next one, or any free one)                   MESH_SANDBOX_PAGE_PORT
  --no-page              no page                                           MESH_SANDBOX_NO_PAGE=1
  --data DIR             where messages are kept (.mesh/data)              MESH_SANDBOX_DATA
  --ephemeral            keep nothing after the end                        MESH_SANDBOX_EPHEMERAL=1
  --certs DIR            where certificates and keys are written,
                         and reused while valid (.mesh/certs)              MESH_SANDBOX_CERTS
  --mailboxes FILE       JSON list of mailboxes instead of the three of
                         the NHS sandbox: mailboxId, odsCode, password,
                         name, active, workflows, sends                    MESH_SANDBOX_MAILBOXES
  --shared-key TEXT      shared key (TestKey); better in the environment   MESH_SANDBOX_SHARED_KEY
  --no-tls               plain http                                        MESH_SANDBOX_NO_TLS=1
  --no-client-cert       do not ask for a client certificate               MESH_SANDBOX_NO_CLIENT_CERT=1
  --like-nhs-sandbox     behave as the NHS sandbox where it differs from
                         the specification                                 MESH_SANDBOX_LIKE_NHS=1
  --set NAME=VALUE       one switch, such as deliveryDelayMs=2000 or
                         workflowPermissions=report; may be repeated       MESH_SANDBOX_SET='{"NAME":VALUE}'
  --latency MS           added to every answer (0)                         MESH_SANDBOX_LATENCY
  --max-request-bytes N  larger bodies are refused (99999999)              MESH_SANDBOX_MAX_REQUEST_BYTES
  --quiet                no line per request                               MESH_SANDBOX_QUIET=1
  --help
`;

/** Something on the command line, in the environment or in a file named there cannot be used. */
const usageProblem = (text: string): Error => Object.assign(new Error(text), { code: 'ERR_SANDBOX_USAGE' });

/** Reads flags, then the environment, then defaults. Throws a one-line error for what it cannot use. */
export function readCliOptions(argv: string[], environment: NodeJS.ProcessEnv): CliOptions {
	const flags = parseFlags(argv);
	const text = (flag: string | undefined, name: string) => flag ?? (environment[`MESH_SANDBOX_${name}`] || undefined);
	const on = (flag: boolean | undefined, name: string) => flag ?? /^(1|y|yes|true|on)$/i.test(environment[`MESH_SANDBOX_${name}`] ?? '');
	const mailboxFile = text(flags.mailboxes, 'MAILBOXES');
	const pagePort = text(flags['page-port'], 'PAGE_PORT');
	const maximum = text(flags['max-request-bytes'], 'MAX_REQUEST_BYTES');
	return {
		help: flags.help ?? false,
		port: wholeNumber('--port', text(flags.port, 'PORT') ?? '8700', 65_535),
		pagePort: on(flags['no-page'], 'NO_PAGE') ? false : pagePort === undefined ? undefined : wholeNumber('--page-port', pagePort, 65_535),
		dataFolder: on(flags.ephemeral, 'EPHEMERAL') ? undefined : resolve(text(flags.data, 'DATA') ?? '.mesh/data'),
		certificateFolder: resolve(text(flags.certs, 'CERTS') ?? '.mesh/certs'),
		mailboxes: mailboxFile === undefined ? undefined : readMailboxes(mailboxFile),
		sharedKey: text(flags['shared-key'], 'SHARED_KEY'),
		tls: !on(flags['no-tls'], 'NO_TLS'),
		requireClientCertificate: !on(flags['no-client-cert'], 'NO_CLIENT_CERT'),
		latencyMs: wholeNumber('--latency', text(flags.latency, 'LATENCY') ?? '0'),
		maximumRequestBytes: maximum === undefined ? undefined : wholeNumber('--max-request-bytes', maximum),
		behaviour: readBehaviour(on(flags['like-nhs-sandbox'], 'LIKE_NHS'), text(undefined, 'SET'), flags.set ?? []),
		quiet: on(flags.quiet, 'QUIET'),
	};
}

function parseFlags(argv: string[]) {
	const string = { type: 'string' } as const;
	const flag = { type: 'boolean' } as const;
	try {
		return parseArgs({
			args: argv,
			options: {
				port: string,
				'page-port': string,
				data: string,
				certs: string,
				mailboxes: string,
				'shared-key': string,
				latency: string,
				'max-request-bytes': string,
				set: { type: 'string', multiple: true },
				ephemeral: flag,
				'no-page': flag,
				'no-tls': flag,
				'no-client-cert': flag,
				'like-nhs-sandbox': flag,
				quiet: flag,
				help: flag,
			},
		}).values;
	} catch (error) {
		throw usageProblem(`${(error as Error).message.split('. ')[0]}. See --help`);
	}
}

function wholeNumber(flag: string, text: string, maximum = Number.MAX_SAFE_INTEGER): number {
	if (!/^\d+$/.test(text) || Number(text) > maximum) throw usageProblem(`${flag} takes a whole number up to ${maximum}, not "${text}"`);
	return Number(text);
}

function readMailboxes(file: string): MailboxSettings[] {
	try {
		const settings = JSON.parse(readFileSync(file, 'utf8')) as MailboxSettings[];
		if (!Array.isArray(settings) || settings.length === 0) throw usageProblem('it must hold a list with at least one mailbox');
		return settings.map(completeMailbox);
	} catch (error) {
		throw usageProblem(`Cannot read the mailboxes of ${file}: ${(error as Error).message}`);
	}
}

/** Only what is asked for: a data folder may know better than the defaults. */
function readBehaviour(likeNhsSandbox: boolean, variable: string | undefined, settings: string[]): Partial<Behaviour> {
	const behaviour: Partial<Behaviour> = likeNhsSandbox ? { ...NHS_SANDBOX_BEHAVIOUR } : {};
	if (variable !== undefined) readSwitches(behaviour, variable);
	for (const setting of settings) {
		const [, name, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
		if (name === undefined) throw usageProblem(`--set takes NAME=VALUE, not "${setting}"`);
		const problem = changeBehaviour(behaviour, { [name]: jsonOrText(text) });
		if (problem) throw usageProblem(`--set ${setting}: ${problem.text}`);
	}
	return behaviour;
}

function readSwitches(behaviour: Partial<Behaviour>, variable: string): void {
	const given = jsonOrText(variable);
	const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
	if (!isObject) throw usageProblem('MESH_SANDBOX_SET takes a JSON object of switches, such as {"deliveryDelayMs":2000}');
	const problem = changeBehaviour(behaviour, given as Record<string, unknown>);
	if (problem) throw usageProblem(`MESH_SANDBOX_SET, ${JSON.stringify(problem.name)}: ${problem.text}`);
}

function jsonOrText(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}
