import { readFile } from 'node:fs/promises';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { DURABLE_SWITCHES, prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';

const MAILBOX = 'X26ABC2';
const ATTEMPTS = 2;
/** A poll each minute, the five seconds after which the scheduler looks for due ones, and what a busy machine adds. */
const POLL_MS = 100_000;
/** As that, after the minute for which a killed process still holds its poll. */
const POLL_AFTER_KILL_MS = 200_000;

let sandbox: Sandbox;
let recorder: Recorder;
let n8n: OwnN8n;
let rest: N8nRest;
let workflowId: string;

beforeAll(async () => {
	[sandbox, recorder] = await Promise.all([startSandbox(), startRecorder()]);
	n8n = await prepareOwnN8n(DURABLE_SWITCHES);
	await n8n.start();
	rest = await n8n.signIn();
	const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
	const options = { deliveryAttempts: ATTEMPTS, redeliveryPause: 0 };
	workflowId = (await createWorkflow(rest, recordingWorkflow('durable run', credential, recorder.url, options))).id;
});

afterAll(async () => {
	await n8n.close();
	await recorder.close();
	await sandbox.close();
});

const put = async (content: string | Buffer) => await sandbox.putMessage({ to: MAILBOX, content, gzip: false });

async function processed(messageId: string, timeoutMs: number): Promise<void> {
	await eventually(`${messageId} processed`, () => (recorder.times(messageId) > 0 ? true : undefined), timeoutMs);
	await eventually(
		`${messageId} acknowledged`,
		() => (sandbox.message(messageId)?.status === 'acknowledged' ? true : undefined),
		timeoutMs,
	);
}

/** How often n8n's log has a text. */
async function logged(text: string): Promise<number> {
	return (await readFile(n8n.logFile, 'utf8')).split(text).length - 1;
}

describe("n8n's durable scheduler, with poll triggers, publication service and durable cursors", () => {
	it(
		'hands over at activation, then from polls that the scheduler starts, and parks what keeps failing',
		async () => {
			const atActivation = await put('waits already');
			await publishWorkflow(rest, workflowId);
			await processed(atActivation, POLL_MS);
			expect(await logged('Provisioned scheduler jobs for poll trigger node')).toBe(1);

			const poison = await put('fails every time');
			recorder.refuse([poison]);
			const later = await put('arrives later');
			await processed(later, POLL_MS);
			await eventually('the poison out of attempts', () => (recorder.poisonAttempts.get(poison) === ATTEMPTS ? true : undefined), POLL_MS);

			expect(await logged('Poll returned no new data; nothing to hand off')).toBeGreaterThan(0);
			expect([atActivation, later].map((id) => recorder.times(id))).toEqual([1, 1]);
			expect(sandbox.inbox(MAILBOX)).toEqual([poison]);
		},
		3 * POLL_MS,
	);

	it(
		'delivers a message again after a kill in mid-download and a restart, and leaves the parked one alone',
		async () => {
			const [poison] = sandbox.inbox(MAILBOX);
			const handled = recorder.processed.length;
			sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 1_000 }, times: 1 });
			const messageId = await put(Buffer.alloc(50_000, 'result '));
			await eventually(
				'its download to have begun',
				() => (sandbox.requests.some((request) => request.call === 'download' && request.messageId === messageId) ? true : undefined),
				POLL_MS,
			);
			await n8n.kill();
			expect(recorder.times(messageId)).toBe(0);

			await n8n.start();
			await processed(messageId, POLL_AFTER_KILL_MS);
			expect(recorder.processed.slice(handled).map((record) => [record.messageId, record.attempt])).toEqual([[messageId, 2]]);
			expect(recorder.poisonAttempts.get(poison)).toBe(ATTEMPTS);
			expect(sandbox.inbox(MAILBOX)).toEqual([poison]);
			// The activation's polls are told apart by their log: both messages came from a poll of the scheduler.
			expect(await logged('Poll returned no new data; nothing to hand off')).toBeGreaterThan(1);
		},
		2 * POLL_AFTER_KILL_MS,
	);
});
