import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { tokenHash } from '../auth/authorize';
import type { Sandbox } from '../contract/sandbox';
import { startSandbox } from '../startSandbox';

/** The files in docs/images/ that are pictures of the page. */
export const SANDBOX_PICTURES = { messages: 'sandbox-messages.png', requests: 'sandbox-requests.png' } as const;

/** Of a Chromium that runs unattended, as root too, and speaks to nobody but the page. */
export const BROWSER_ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

const VIEWPORT = { width: 1440, height: 900 };
/** Long enough for the highlight of new lines to fade. */
const SETTLE_MS = 1_500;

/**
 * Takes the pictures of the page that the documentation shows, from a sandbox of its own. Rejects when there is no Chromium at `executablePath`.
 */
export async function takeSandboxScreenshots(folder: string, executablePath = '/usr/bin/chromium'): Promise<void> {
	const { chromium } = await import('playwright-core');
	const sandbox = await startSandbox({ pagePort: 0 });
	const profile = await mkdtemp(join(tmpdir(), 'mesh-sandbox-browser-'));
	try {
		await playSampleTraffic(sandbox);
		const context = await chromium.launchPersistentContext(profile, {
			executablePath,
			headless: true,
			viewport: VIEWPORT,
			colorScheme: 'light',
			args: BROWSER_ARGUMENTS,
		});
		const page = context.pages()[0] ?? (await context.newPage());
		await page.goto(`${sandbox.pageUrl}/#/messages/X26ABC2`);
		await page.getByRole('link', { name: 'Pathology results' }).click();
		await page.getByLabel('Beginning of the content').getByText('specimen').waitFor();
		await shoot(page, join(folder, SANDBOX_PICTURES.messages));
		await page.goto(`${sandbox.pageUrl}/#/requests`);
		await page.getByRole('row', { name: 'Invalid Authentication Token' }).getByRole('link').click();
		await page.getByText('Check the mailbox password').waitFor();
		await shoot(page, join(folder, SANDBOX_PICTURES.requests));
		await context.close();
	} finally {
		await sandbox.close();
		await rm(profile, { recursive: true, force: true });
	}
}

async function shoot(page: Page, path: string): Promise<void> {
	await page.mouse.move(0, 0);
	await page.waitForTimeout(SETTLE_MS);
	await page.screenshot({ path });
}

const PASSWORD = 'password';
const SHARED_KEY = 'TestKey';
/** Sandbox time between two requests, so that the log looks like a morning's. */
const PAUSE_MS = 47_000;

interface Answer {
	status: number;
	json: Record<string, string | undefined>;
}

type Headers = Record<string, string>;
/** Sends one request in the name of a mailbox. `token`: instead of a fresh one. */
type Call = (method: string, mailboxId: string, path: string, headers?: Headers, body?: string | Buffer, token?: string) => Promise<Answer>;

/**
 * Lets two hospitals' worth of clients talk to a sandbox with the default mailboxes over mutual TLS: messages in every
 * state, and requests that are refused for the usual reasons. For pictures and demonstrations; no patient exists.
 */
export async function playSampleTraffic(sandbox: Sandbox): Promise<void> {
	const agent = new Agent({
		ca: sandbox.certificates.ca,
		cert: sandbox.certificates.client.certificate,
		key: sandbox.certificates.client.privateKey,
		keepAlive: true,
		maxSockets: 2,
	});
	try {
		const call = caller(sandbox, agent, () => sandbox.clock.advance(PAUSE_MS));
		await deliver(call);
		await collect(call, sandbox);
		await meetRefusals(call, sandbox);
	} finally {
		agent.destroy();
	}
}

async function deliver(call: Call): Promise<void> {
	await call('POST', 'X26ABC1', '', { 'mex-clientversion': 'sample-client==1.0.0', 'mex-osname': 'Linux', 'mex-osversion': '6.1' });
	await call(
		'POST',
		'X26ABC1',
		'/outbox',
		{
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'TEST_WORKFLOW',
			'mex-subject': 'Theatre list, week 48',
			'mex-filename': 'theatre-list.csv',
			'content-type': 'text/csv',
		},
		THEATRE_LIST,
	);
	await call(
		'POST',
		'X26ABC3',
		'/outbox',
		{
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'TEST_WORKFLOW2',
			'mex-subject': 'Imaging study (DICOM)',
			'mex-filename': 'study.dcm',
			'content-type': 'application/dicom',
		},
		imaging(),
	);
	await call(
		'POST',
		'X26ABC1',
		'/outbox',
		{ 'mex-to': 'X26ABC9', 'mex-workflowid': 'TEST_WORKFLOW', 'mex-localid': 'batch-1138' },
		'to nobody',
	);
	const parts = [0, 1, 2].map((part) => gzipSync(pathology(part * 4000 + 1, 4000)));
	const first = {
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'TEST_WORKFLOW',
		'mex-subject': 'Pathology results',
		'mex-filename': 'pathology-results.csv',
		'mex-localid': 'LAB-2041',
		'mex-content-type': 'text/csv',
		'content-encoding': 'gzip',
	};
	const { json } = await call('POST', 'X26ABC1', '/outbox', { ...first, 'mex-chunk-range': `1:${parts.length}` }, parts[0]);
	for (const [index, part] of parts.entries()) {
		if (index > 0)
			await call(
				'POST',
				'X26ABC1',
				`/outbox/${json.message_id}/${index + 1}`,
				{ 'mex-chunk-range': `${index + 1}:${parts.length}`, 'content-encoding': 'gzip' },
				part,
			);
	}
	await call(
		'POST',
		'X26ABC3',
		'/outbox',
		{ 'mex-to': 'X26ABC2', 'mex-workflowid': 'TEST_WORKFLOW', 'mex-subject': 'Audit extract', 'mex-chunk-range': '1:3' },
		'first of three',
	);
	await call(
		'POST',
		'X26ABC1',
		'/outbox',
		{
			'mex-to': 'X26ABC2',
			'mex-workflowid': 'TEST_WORKFLOW',
			'mex-subject': 'Discharge summary',
			'mex-filename': 'discharge-4711.json',
			'mex-localid': 'DIS-4711',
			'content-type': 'application/json',
		},
		DISCHARGE,
	);
}

async function collect(call: Call, sandbox: Sandbox): Promise<void> {
	await call('GET', 'X26ABC2', '/inbox?max_results=500');
	const [oldest, second] = sandbox.inbox('X26ABC2');
	for (const id of [oldest, second]) await call('GET', 'X26ABC2', `/inbox/${id}`);
	await call('PUT', 'X26ABC2', `/inbox/${oldest}/status/acknowledged`);
	await call('GET', 'X26ABC1', `/outbox/tracking?messageID=${oldest}`);
	const letter = { 'mex-to': 'X26ABC3', 'mex-workflowid': 'TEST_WORKFLOW2', 'mex-subject': 'Referral letter', 'mex-localid': 'REF-0815' };
	const { json } = await call('POST', 'X26ABC2', '/outbox', letter, 'Dear colleague');
	await sandbox.putReport({
		to: 'X26ABC2',
		linkedMessageId: json.message_id,
		workflowId: 'TEST_WORKFLOW2',
		localId: 'REF-0815',
		subject: 'Referral letter',
	});
}

async function meetRefusals(call: Call, sandbox: Sandbox): Promise<void> {
	const used = token(sandbox, 'X26ABC2', PASSWORD);
	await call('GET', 'X26ABC2', '/inbox', {}, undefined, used);
	await call('GET', 'X26ABC2', '/inbox', {}, undefined, used);
	await call('GET', 'X26ABC2', '/inbox', {}, undefined, token(sandbox, 'X26ABC2', 'wrong'));
	await call('GET', 'X26ABC2', '/inbox', { accept: 'application/vnd.mesh.v2+json, application/json' });
	await call(
		'POST',
		'X26ABC1',
		'/outbox',
		{ 'mex-to': 'X26ABC2', 'mex-workflowid': 'TEST_WORKFLOW', 'mex-content-checksum': 'q83vEjRWeJA=' },
		'x',
	);
	sandbox.arm({ call: 'list', fault: { kind: 'status', status: 503, headers: { 'retry-after': '5' } } });
	await call('GET', 'X26ABC1', '/inbox');
	await call('GET', 'X26ABC1', '/inbox');
	sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
}

function caller(sandbox: Sandbox, agent: Agent, before: () => void): Call {
	return async (method, mailboxId, path, headers = {}, body, authorization) => {
		before();
		return await new Promise((resolve, reject) => {
			const outgoing = request(
				`${sandbox.url}/messageexchange/${mailboxId}${path}`,
				{
					method,
					agent,
					headers: {
						accept: 'application/vnd.mesh.v2+json',
						...headers,
						authorization: authorization ?? token(sandbox, mailboxId, PASSWORD),
					},
				},
				(response) => {
					const blocks: Buffer[] = [];
					response.on('data', (block: Buffer) => blocks.push(block));
					response.on('end', () => resolve({ status: response.statusCode ?? 0, json: parsed(Buffer.concat(blocks)) }));
					response.on('error', reject);
				},
			);
			outgoing.on('error', reject);
			outgoing.end(body);
		});
	};
}

function parsed(body: Buffer): Answer['json'] {
	try {
		return JSON.parse(body.toString('utf8')) as Answer['json'];
	} catch {
		return {};
	}
}

function token(sandbox: Sandbox, mailboxId: string, password: string): string {
	const timestamp = new Date(sandbox.clock.now()).toISOString().slice(0, 16).replace(/\D/g, '');
	const fields = { mailboxId, nonce: randomUUID(), nonceCount: '0', timestamp };
	return `NHSMESH ${mailboxId}:${fields.nonce}:0:${timestamp}:${tokenHash(fields, password, SHARED_KEY)}`;
}

const TESTS = ['sodium;138;mmol/l', 'potassium;4.1;mmol/l', 'creatinine;71;umol/l', 'urea;5.2;mmol/l', 'CRP;3;mg/l'];

/** Rows of results, the first with a heading. */
function pathology(first: number, rows: number): string {
	const lines = Array.from(
		{ length: rows },
		(_, index) => `S-${String(first + index).padStart(6, '0')};${TESTS[(first + index) % TESTS.length]}`,
	);
	return `${first === 1 ? 'specimen;test;result;unit\n' : ''}${lines.join('\n')}\n`;
}

/** Bytes that are no text, always the same. */
const imaging = () => Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * index * 31 + (index >> 3)) % 256));

const THEATRE_LIST =
	'date;theatre;start;procedure\n2026-11-23;1;08:30;Cataract extraction\n2026-11-23;1;09:15;Cataract extraction\n2026-11-23;2;08:30;Hip replacement\n';

const DISCHARGE = JSON.stringify(
	{
		resourceType: 'Composition',
		status: 'final',
		title: 'Discharge summary',
		date: '2026-11-22T09:30:00Z',
		section: [
			{ title: 'Diagnosis', text: 'Community-acquired pneumonia, resolved' },
			{ title: 'Medication', text: 'Amoxicillin 500 mg three times a day, for five days' },
			{ title: 'Follow-up', text: 'Chest X-ray in six weeks' },
		],
	},
	undefined,
	2,
);
