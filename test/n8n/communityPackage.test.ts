import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackage } from '../../n8n-lab/host/installPackage';
import { CREDENTIAL_TYPE, credentialName, findCredential, saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { createWorkflow, findWorkflow, publishWorkflow, unpublishWorkflow } from '../../n8n-lab/rest/workflows';
import { listFinished } from '../../n8n-lab/rest/executions';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { packInstalled, repack, startPackageRegistry } from './support/packageRegistry';
import type { PackageRegistry } from './support/packageRegistry';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';

const NAME = 'n8n-nodes-nhs-mesh';
const MAILBOX = 'X26ABC2';
/** The registry has what is packed here under two numbers. */
const VERSION = '0.1.0';
const NEXT = '0.1.1';
const POLL_MS = 130_000;

interface InstalledPackage {
	installedVersion: string;
	updateAvailable?: string;
	failedLoading?: boolean;
	installedNodes: Array<{ type: string }>;
}

const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-registry-'));
let sandbox: Sandbox;
let recorder: Recorder;
let registry: PackageRegistry;
let n8n: OwnN8n;
let rest: N8nRest;
/** Packed once: a version that is published again has the same bytes, or npm takes it for corrupted. */
let next: string;
let workflowId: string;
let release: () => void;
let inFlight: string;
let unread: string;

beforeAll(async () => {
	[sandbox, recorder, registry] = await Promise.all([startSandbox(), startRecorder(), startPackageRegistry(folder)]);
	const packed = await packPackage(join(folder, 'package'), join(folder, 'pack.log'));
	next = repack(packed, NEXT);
	registry.publish(packInstalled('undici', join(folder, 'undici')));
	registry.publish(repack(packed, VERSION));
	n8n = await prepareOwnN8n(registry.environment, false);
	await n8n.start();
	rest = await n8n.signIn();
});

afterAll(async () => {
	await n8n.close();
	await registry.close();
	await recorder.close();
	await sandbox.close();
	rmSync(folder, { recursive: true, force: true });
});

const put = async (content: string) => await sandbox.putMessage({ to: MAILBOX, content, gzip: false });

/** Waits until a message is acknowledged; it was processed once. */
async function processed(messageId: string): Promise<void> {
	await eventually(`${messageId} acknowledged`, () => (sandbox.message(messageId)?.status === 'acknowledged' ? true : undefined), POLL_MS);
	expect(recorder.times(messageId)).toBe(1);
}

const install = async () => await rest.call<InstalledPackage>('POST', '/rest/community-packages', { name: NAME });
const listed = async () => await rest.call<InstalledPackage[]>('GET', '/rest/community-packages');

/** Whether a version of the package has listed the inbox since a request. */
const hasListed = (version: string, since: number) =>
	sandbox.requests.slice(since).some(({ call, headers }) => call === 'list' && headers['user-agent'] === `${NAME}==${version}`);

describe("the package in n8n's own installer", () => {
	it('is installed from the registry, and its trigger collects', async () => {
		const installed = await install();
		expect(installed.installedVersion).toBe(VERSION);
		expect(installed.installedNodes.map(({ type }) => type).sort()).toEqual([`${NAME}.mesh`, `${NAME}.meshTrigger`]);

		const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
		workflowId = (await createWorkflow(rest, recordingWorkflow('package run', credential, recorder.url, {}))).id;
		const messageId = await put('before the upgrade');
		release = recorder.hold();
		await publishWorkflow(rest, workflowId);
		await eventually('its execution to run', () => (recorder.times(messageId) > 0 ? true : undefined), POLL_MS);
		inFlight = messageId;
	});

	it('is upgraded while the workflow is published and a message is in flight: each message is processed once', async () => {
		registry.publish(next);
		expect(await listed()).toMatchObject([{ installedVersion: VERSION, updateAvailable: NEXT, failedLoading: false }]);
		const waiting = await put('arrives during the upgrade');
		const updated = await rest.call<InstalledPackage>('PATCH', '/rest/community-packages', { name: NAME });
		const upgraded = sandbox.requests.length;
		expect(updated.installedVersion).toBe(NEXT);
		expect(sandbox.message(inFlight)?.status).toBe('accepted');
		release();
		await processed(inFlight);
		await processed(waiting);
		// The old version may have collected what arrived while npm was at work. Nobody has published the workflow again.
		await eventually('a poll of the new version', () => hasListed(NEXT, upgraded) || undefined, POLL_MS);
	});

	it('is removed: credential and published workflow stay, and each poll that n8n still starts is a failed execution', async () => {
		await rest.call('DELETE', `/rest/community-packages?name=${NAME}`);
		expect(await listed()).toEqual([]);
		const before = sandbox.requests.length;
		unread = await put('nobody collects');
		await eventually(
			'a failed execution',
			async () => (await listFinished(rest, workflowId)).find(({ status }) => status === 'error'),
			POLL_MS,
		);
		expect(sandbox.requests).toHaveLength(before);
		expect(await findCredential(rest, { name: credentialName(MAILBOX), type: CREDENTIAL_TYPE })).toBeDefined();
		expect((await findWorkflow(rest, workflowId))?.active).toBe(true);
	});

	it('is installed again after a restart of n8n without it: what waits is collected as soon as the workflow is published again', async () => {
		await n8n.stop();
		await n8n.start();
		rest = await n8n.signIn();
		expect((await findWorkflow(rest, workflowId))?.active).toBe(true);
		expect((await install()).installedVersion).toBe(NEXT);
		expect(recorder.times(unread)).toBe(0);
		await unpublishWorkflow(rest, workflowId);
		await publishWorkflow(rest, workflowId);
		await processed(unread);
	});
});
