import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_BEHAVIOUR } from '../contract/behaviour';
import type { RecordedRequest } from '../contract/calls';
import type { Sandbox } from '../contract/sandbox';
import { DEFAULT_MAILBOXES } from '../store/mailboxes';
import { CERTIFICATE_FILES } from './certificateFolder';
import type { CliOptions } from './cliOptions';

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
	const call = pageUrl === undefined ? `the admin call POST /clock with {"reset":true}` : `\n  curl --header 'Origin: ${pageUrl}' --data '{"reset":true}' ${pageUrl}/messageexchange/admin/clock`;
	return `Its clock is ${duration(clock.offsetMs)} ahead, as it was left. This sets it right: ${call}\n\n`;
}

/** Says that switches were left other than this start asks for. */
function switchNotice({ behaviour }: Sandbox, options: CliOptions): string {
	const asked: Partial<Record<string, unknown>> = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
	const names = Object.entries(behaviour).filter(([name, value]) => !isDeepStrictEqual(value, asked[name])).map(([name]) => name);
	return names.length === 0 ? '' : `These switches are as they were left: ${names.join(', ')}. --set at the start, or the admin call PATCH /behaviour, sets them.\n\n`;
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
