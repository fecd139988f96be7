import type { INodeExecutionData } from 'n8n-workflow';
import type { CallName, Fault } from '../../../sandbox';
import { readBinary } from '../../engine';
import { MINUTE_MS, startTriggerWorld, until, type Host, type TriggerWorld } from '../../trigger/host';
import { PATIENT, content, cut, everythingIn, expectNoSecret } from '../matrix/secrets';
import { breakingContent, final, passing } from './faults';
import { giveUpOnSilence, guardedMailboxes, secretCredential } from './world';

const MAILBOX = 'X26ABC1';
const CHUNK_BYTES = 90;
const bytes = content(3 * CHUNK_BYTES - 7);

describe('the trigger, from the poll to the acknowledgement', () => {
	let world: TriggerWorld;
	let host: Host;
	/** What the workflow got, and what was still in the inbox when it ran. */
	let received: Array<{ whole: boolean; messageId: unknown; attempt: unknown; inbox: string[] }>;
	let cells = 0;

	beforeAll(async () => {
		world = await startTriggerWorld(guardedMailboxes);
		giveUpOnSilence(world.sandbox, world.clock);
	});
	beforeEach(async () => {
		await world.sandbox.reset();
		world.restart();
		received = [];
		host = world.host({
			credentials: { meshApi: secretCredential(world.sandbox, MAILBOX) },
			step: async (_context, items) => await receive(items),
		});
	});
	afterEach(() => {
		for (const error of host.raised) expectNoSecret(everythingIn(error), world.sandbox);
		cells++;
	});
	afterAll(async () => {
		await world.close();
		process.stdout.write(`Faults through the trigger, in n8n's engine: ${cells} cells run\n`);
	});

	async function receive(items: INodeExecutionData[]): Promise<INodeExecutionData[]> {
		for (const { json, binary } of items) {
			const whole = (await readBinary(binary?.data)).equals(bytes);
			received.push({ whole, messageId: json.messageId, attempt: json.deliveryAttempt, inbox: world.sandbox.inbox(MAILBOX) });
		}
		return items;
	}

	const put = async () => await world.sandbox.putMessage({ to: MAILBOX, content: cut(bytes, CHUNK_BYTES), gzip: true, subject: PATIENT });
	const arm = (call: CallName, fault: Fault, more: { chunk?: number; times?: number } = {}) => world.sandbox.arm({ call, fault, ...more });
	const acknowledged = async () => await until(() => world.sandbox.inbox(MAILBOX).length === 0, 'the acknowledgement');
	/** What was wrong is over: the next poll makes up for it. */
	const recover = async () => {
		world.sandbox.clearFaults();
		world.clock.advance(5 * MINUTE_MS);
		await host.poll();
		await host.settled();
		await acknowledged();
	};
	const acknowledgements = () => world.sandbox.requests.filter(({ call }) => call === 'acknowledge').length;

	const places: Array<[CallName, number | undefined]> = [
		['handshake', undefined],
		['list', undefined],
		['download', 1],
		['downloadChunk', 2],
		['downloadChunk', 3],
		['acknowledge', undefined],
	];
	const once = places.flatMap(([call, chunk]) =>
		[...passing, ...(chunk === undefined ? [] : breakingContent)].map(([name, fault]) => [name, call, chunk, fault] as const),
	);

	test.each(once)(
		'%s at %s %s that passes: delivered whole, once, and acknowledged after the workflow',
		async (_name, call, chunk, fault) => {
			const messageId = await put();
			arm(call, fault, { chunk });
			await host.activate();
			await host.settled();
			await acknowledged();
			expect(received).toEqual([{ whole: true, messageId, attempt: 1, inbox: [messageId] }]);
			expect(host.raised).toEqual([]);
		},
	);

	test.each([...passing, ...breakingContent, ...final])(
		'%s for good in a download: not delivered, not acknowledged, and delivered whole when it is over',
		async (_name, fault) => {
			const messageId = await put();
			arm('downloadChunk', fault, { chunk: 2, times: 1_000 });
			await host.activate();
			await host.settled();
			expect(received).toEqual([]);
			expect(acknowledgements()).toBe(0);
			expect(world.sandbox.inbox(MAILBOX)).toEqual([messageId]);

			await recover();
			expect(received).toEqual([{ whole: true, messageId, attempt: 2, inbox: [messageId] }]);
		},
	);

	test.each(passing)(
		'%s for good at the acknowledgement: delivered once, acknowledged at a later poll, never delivered again',
		async (_name, fault) => {
			const messageId = await put();
			arm('acknowledge', fault, { times: 1_000 });
			await host.activate();
			await host.settled();
			expect(received).toHaveLength(1);

			await recover();
			expect(received).toEqual([{ whole: true, messageId, attempt: 1, inbox: [messageId] }]);
		},
	);

	test.each([...passing, breakingContent[2]])(
		'%s for good at the listing: the poll is repeated, and what waits is delivered when it is over',
		async (_name, fault) => {
			await host.activate();
			const messageId = await put();
			arm('list', fault, { times: 1_000 });
			world.clock.advance(5 * MINUTE_MS);
			await host.poll();
			expect(host.handedOver).toEqual([]);
			expect(host.raised).toEqual([]); // one failure that may pass is not worth an alarm

			await recover();
			expect(received).toEqual([{ whole: true, messageId, attempt: 1, inbox: [messageId] }]);
		},
	);
});
