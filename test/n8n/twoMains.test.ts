import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrograms } from '../../n8n-lab/machine/aptPackages';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { DURABLE_SWITCHES, prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { startPostgres } from './support/postgres';
import type { Postgres } from './support/postgres';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';

/*
 * n8n's own set-up of several main processes needs a licence. What needs none is two of them on one database, with the durable
 * scheduler, which hands each poll to one of them.
 */

const MAILBOX = 'X26ABC2';
const POLL_MS = 130_000;
const POLL_AFTER_KILL_MS = 200_000;
const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-two-mains-'));
const mains: OwnN8n[] = [];
let sandbox: Sandbox;
let recorder: Recorder;
let postgres: Postgres;

beforeAll(async () => {
	await ensurePrograms([{ program: 'pg_ctlcluster', debianPackage: 'postgresql' }], 'to test two main processes', join(folder, 'apt.log'));
	[sandbox, recorder] = await Promise.all([startSandbox(), startRecorder()]);
	const [port] = await findFreePorts(1);
	postgres = await startPostgres(port, join(folder, 'postgres.log'));
	const shared = { ...DURABLE_SWITCHES, ...postgres.environment, N8N_ENCRYPTION_KEY: 'of two mains on one database' };
	mains.push(await prepareOwnN8n(shared), await prepareOwnN8n(shared));
});

afterAll(async () => {
	for (const main of mains) await main.close();
	await postgres.stop();
	await recorder.close();
	await sandbox.close();
	rmSync(folder, { recursive: true, force: true });
});

const put = async (content: string) => await sandbox.putMessage({ to: MAILBOX, content, gzip: false });

async function processedOnce(messageId: string, timeoutMs: number): Promise<void> {
	await eventually(
		`${messageId} acknowledged`,
		() => (sandbox.message(messageId)?.status === 'acknowledged' ? true : undefined),
		timeoutMs,
	);
	expect(recorder.times(messageId)).toBe(1);
}

/** What a main process logged about the schedule of the trigger. */
const provisioned = async ({ logFile }: OwnN8n) =>
	/Provisioned scheduler jobs.*"inserted": (\d)/.exec(await readFile(logFile, 'utf8'))?.[1];

describe('two main processes on one database, with the durable scheduler', () => {
	it('share one schedule, process each message once, and one goes on when the other is killed', async () => {
		await mains[0].start();
		const rest = await mains[0].signIn();
		const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
		const { id } = await createWorkflow(rest, recordingWorkflow('two mains', credential, recorder.url, { redeliveryPause: 0 }));
		const atActivation = await put('waits already');
		await publishWorkflow(rest, id);
		await processedOnce(atActivation, POLL_MS);

		await mains[1].start();
		await processedOnce(await put('by one of both'), POLL_MS);
		expect(await Promise.all(mains.map(provisioned))).toEqual(['1', '0']);

		await mains[0].kill();
		await processedOnce(await put('by the one that is left'), POLL_AFTER_KILL_MS);
	}, 600_000);
});
