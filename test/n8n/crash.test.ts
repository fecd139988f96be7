import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { putMessageMix } from './support/messageMix';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';

const MESSAGES = 500;
const POISON = 5;
const KILLS = 10;
const IN_FLIGHT = 10;
const ATTEMPTS = 5;
const MAILBOX = 'X26ABC2';

let sandbox: Sandbox;
let recorder: Recorder;
let n8n: OwnN8n;

beforeAll(async () => {
	[sandbox, recorder] = await Promise.all([startSandbox(), startRecorder()]);
	n8n = await prepareOwnN8n();
});

afterAll(async () => {
	await n8n.close();
	await recorder.close();
	await sandbox.close();
});

/** Good messages that this run of n8n has begun to download and not acknowledged: what its end can make come twice. */
function inFlight(sinceRequest: number): number {
	const downloads = sandbox.requests.filter(({ id, call }) => call === 'download' && id > sinceRequest);
	const downloaded = new Set(downloads.map(({ messageId }) => messageId));
	return sandbox.inbox(MAILBOX).filter((id) => downloaded.has(id) && !recorder.poisonAttempts.has(id)).length;
}

const lastRequest = () => sandbox.requests.at(-1)?.id ?? 0;

describe('n8n that is killed again and again while it empties an inbox', () => {
	it(
		'loses no message, processes again at most what was in flight at the kills, and parks the poison',
		async () => {
			const { digests, poison } = await putMessageMix(sandbox, MESSAGES, POISON);
			recorder.refuse(poison);
			await n8n.start();
			const rest = await n8n.signIn();
			const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
			const options = { messagesInFlight: IN_FLIGHT, deliveryAttempts: ATTEMPTS, redeliveryPause: 0 };
			const { id } = await createWorkflow(rest, recordingWorkflow('crash run', credential, recorder.url, options));
			await publishWorkflow(rest, id);

			const inFlightAtKills: number[] = [];
			let runBegan = 0;
			for (let kill = 1; kill <= KILLS; kill++) {
				// Every run gets an equal share of the messages at most, so that there is work left for the last one.
				const target = Math.min(recorder.processed.length + randomInt(1, Math.floor(MESSAGES / (KILLS + 1))), MESSAGES - POISON - 1);
				await eventually(
					`${target} messages processed before kill ${kill}`,
					() => (recorder.processed.length >= target ? true : undefined),
					150_000,
				);
				await sleep(randomInt(0, 400));
				await n8n.kill();
				inFlightAtKills.push(inFlight(runBegan));
				runBegan = lastRequest();
				await n8n.start();
			}
			let checkpoint = '';
			await eventually(
				'an inbox with nothing but the poison, all of it out of attempts',
				async () => {
					if (sandbox.inbox(MAILBOX).length > POISON) return undefined;
					const { staticData } = await rest.call<{ staticData: unknown }>('GET', `/rest/workflows/${id}`);
					// Lines of the trigger's checkpoint: state, attempts, attempts since activation, ...
					checkpoint = JSON.stringify(staticData);
					const spent = checkpoint.match(new RegExp(`"[a-z]+ \\d+ ${ATTEMPTS} `, 'g')) ?? [];
					if (spent.length === POISON) return true;
					// Poison alone looks like an outage, in which one message a poll is tried: it would take up to twenty minutes.
					const another = await putMessageMix(sandbox, 1, 0);
					for (const [messageId, digest] of another.digests) digests.set(messageId, digest);
					return undefined;
				},
				600_000,
			).catch((missed: unknown) => {
				console.log(`${sandbox.inbox(MAILBOX).length} left in the inbox, the checkpoint says ${checkpoint}`);
				throw missed;
			});

			const good = digests.size - POISON;
			const again = [...digests.keys()].filter((messageId) => recorder.times(messageId) > 1).length;
			const repeats = recorder.processed.length - good;
			const atKills = inFlightAtKills.reduce((sum, count) => sum + count, 0);
			console.log(
				`crash run: ${KILLS} kills, ${good} good messages, ${recorder.processed.length} processed, ${again} of them more than once ` +
					`(${repeats} repeats; ${atKills} in flight at the kills: ${inFlightAtKills.join(', ')}), 0 lost, ${POISON} poison left in the inbox`,
			);
			expect(sandbox.inbox(MAILBOX).sort()).toEqual([...poison].sort());
			for (const messageId of digests.keys()) {
				if (poison.includes(messageId)) continue;
				expect(recorder.times(messageId)).toBeGreaterThanOrEqual(1);
				expect(sandbox.message(messageId)?.status).toBe('acknowledged');
			}
			for (const { messageId, sha256 } of recorder.processed) expect(sha256).toBe(digests.get(messageId));
			expect(repeats).toBeLessThanOrEqual(atKills);
		},
		20 * 60_000,
	);
});
