import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { listExecutions } from '../../n8n-lab/rest/executions';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { createWorkflow, publishWorkflow, updateWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';
import { chain, meshTrigger } from './support/workflowBuilder';

/** Mailboxes of the workflow that works, and of the one whose later node has lost its credential. */
const MAILBOX = 'X26ABC2';
const BROKEN = 'X26ABC1';
const IN_FLIGHT = 5;
/** Tries of one call by the client. */
const TRIES = 4;
/** n8n polls once a minute. */
const POLL_MS = 150_000;

let sandbox: Sandbox;
let recorder: Recorder;
let n8n: OwnN8n;

beforeAll(async () => {
	[sandbox, recorder] = await Promise.all([startSandbox(), startRecorder()]);
	n8n = await prepareOwnN8n();
	await n8n.start();
});

afterAll(async () => {
	await n8n.close();
	await recorder.close();
	await sandbox.close();
});

const away = () => sandbox.arm({ call: ['handshake', 'list'], times: 9_999, fault: { kind: 'status', status: 503 } });
const handshakes = () => sandbox.requests.filter(({ call, mailboxId }) => call === 'handshake' && mailboxId === MAILBOX).length;
const listings = (mailbox: string) => sandbox.requests.filter(({ call, mailboxId }) => call === 'list' && mailboxId === mailbox).length;
const downloads = () => sandbox.requests.filter(({ call }) => call === 'download').length;
const distinct = () => new Set(recorder.processed.map(({ messageId }) => messageId)).size;
const put = async (mailbox = MAILBOX, content = 'x') => await sandbox.putMessage({ to: mailbox, content });
const processed = async (count: number) =>
	await eventually(`${count} messages processed`, () => (recorder.processed.length >= count ? true : undefined), POLL_MS);

/** Does something while MESH answers 503, until the trigger has given the handshake up. */
async function whileAway(act: () => Promise<unknown>): Promise<void> {
	away();
	const before = handshakes();
	await act();
	await eventually('a handshake that has failed', () => (handshakes() >= before + TRIES ? true : undefined), POLL_MS);
	sandbox.clearFaults();
}

async function credential(rest: N8nRest, mailbox: string): Promise<string> {
	return await saveCredential(rest, sandboxCredential(mailbox, sandbox.url, clientCertificates(sandbox.certificates)));
}

describe('the trigger while things around it change', () => {
	it(
		'becomes active although MESH is away at publishing, republishing and restart, and delivers when it is back',
		async () => {
			const rest = await n8n.signIn();
			const options = { messagesInFlight: IN_FLIGHT, redeliveryPause: 0 };
			const workflow = recordingWorkflow('real life', await credential(rest, MAILBOX), recorder.url, options);
			const { id } = await createWorkflow(rest, workflow);
			const broken = await createWorkflow(
				rest,
				chain('lost credential', meshTrigger(await credential(rest, BROKEN)), {
					name: 'Needs a credential',
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					parameters: { url: recorder.url, authentication: 'genericCredentialType', genericAuthType: 'httpHeaderAuth', options: {} },
					more: { credentials: { httpHeaderAuth: { id: 'deleted', name: 'Deleted' } } },
				}),
			);
			await put(BROKEN);
			await publishWorkflow(rest, broken.id);

			await whileAway(async () => await publishWorkflow(rest, id));
			await put();
			await processed(1);

			await whileAway(async () => {
				await updateWorkflow(
					rest,
					id,
					recordingWorkflow('real life', await credential(rest, MAILBOX), recorder.url, { ...options, deliveryAttempts: 4 }),
				);
				await publishWorkflow(rest, id);
			});
			await put();
			await processed(2);

			// Meanwhile the workflow whose execution cannot begin has not been started with each poll.
			const polls = listings(BROKEN);
			await eventually('another poll', () => (listings(BROKEN) > polls ? true : undefined), POLL_MS);
			const begun = await listExecutions(rest, broken.id);
			expect(begun.length).toBe(1);
			expect(sandbox.inbox(BROKEN)).toHaveLength(1);

			await n8n.kill();
			await whileAway(async () => await n8n.start());
			await put();
			await processed(3);
		},
		12 * 60_000,
	);

	it(
		'starts nothing more once n8n has been told to stop, and processes nothing twice that a limit on concurrency had put into the queue',
		async () => {
			const earlier = distinct();
			for (let n = 0; n < 40; n++) await put(MAILBOX, `message ${n}`);
			const before = recorder.processed.length;
			await processed(before + 3);
			const started = downloads();
			await n8n.stop();
			expect(downloads() - started).toBeLessThanOrEqual(IN_FLIGHT);

			Object.assign((n8n.settings.extra ??= {}), { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' });
			await n8n.start();
			const again = recorder.processed.length;
			await processed(again + 2);
			await n8n.kill();
			await n8n.start();
			await eventually('an empty inbox', () => (sandbox.inbox(MAILBOX).length === 0 ? true : undefined), 5 * 60_000);
			const repeats = recorder.processed.filter(
				({ messageId }, at, all) => all.findIndex((other) => other.messageId === messageId) !== at,
			).length;
			console.log(`real life: ${recorder.processed.length} processed, ${repeats} repeats`);
			// What ran when n8n was told to stop, and the one that ran when it was killed.
			expect(repeats).toBeLessThanOrEqual(IN_FLIGHT + 1);
			expect(distinct() - earlier).toBe(40);
		},
		15 * 60_000,
	);
});
