import { mkdir, rm } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { adminRoutes } from './admin';
import { ReplayMemory } from './auth/replayMemory';
import { sharedCertificates } from './certificates/certificateSet';
import { MovableClock } from './clock';
import { DEFAULT_BEHAVIOUR, restoreBehaviour } from './contract/behaviour';
import type { CertificateSet, Sandbox, SandboxOptions } from './contract/sandbox';
import { Faults, Silences } from './faults/faults';
import { startPage } from './page/startPage';
import type { Page } from './page/startPage';
import { meshRoutes } from './routes';
import type { SandboxContext } from './server/context';
import type { ConnectionFailure } from './server/connectionFailures';
import { createServer } from './server/createServer';
import { FrontDoor } from './server/frontDoor';
import { putMessage, putReport, reset } from './server/interventions';
import { RateLimiter } from './server/rateLimiter';
import { RequestLog } from './server/requestLog';
import { Bodies } from './store/bodies';
import { FolderLock } from './store/folderLock';
import { Journal } from './store/journal';
import { DEFAULT_MAILBOXES, Mailboxes } from './store/mailboxes';
import { Messages } from './store/messages';
import { PostOffice } from './store/postOffice';
import { makeTemporaryFolder } from './store/temporaryFolder';
import { messageView } from './views/message';

/** MESH takes less than 100 MB. */
const MAXIMUM_REQUEST_BYTES = 99_999_999;

interface DataFolder {
	folder: string;
	/** Files in it that are closed in the end, also when the start fails. */
	opened: Array<{ close: () => void }>;
	leave: () => Promise<void>;
}

/**
 * Starts a MESH server on this machine, by default behind mutual TLS on any free port.
 * Rejects with Node's error when a port is taken or the data folder cannot be used, and when another sandbox uses that folder.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const certificates = options.certificates ?? (await sharedCertificates());
	const folder = options.dataFolder ?? (await makeTemporaryFolder());
	await mkdir(folder, { recursive: true, mode: 0o700 });
	// Before anything in it is touched: what another sandbox answers for is in these files.
	const lock = await FolderLock.take(folder);
	const opened: DataFolder['opened'] = [];
	const leave = async () => {
		for (const file of opened) file.close();
		await lock.release();
		if (options.dataFolder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
	};
	try {
		return await startIn({ folder, opened, leave }, options, certificates);
	} catch (error) {
		await leave();
		return Promise.reject(error as Error);
	}
}

async function startIn(data: DataFolder, options: SandboxOptions, certificates: CertificateSet): Promise<Sandbox> {
	const isTls = options.tls ?? true;
	const closing = new AbortController();
	const context = await createContext(options, data, closing.signal);

	const door = new FrontDoor(
		isTls,
		() => context.faults.refusesConnection(),
		(connection, failure) => noteFailure(context, connection, failure),
	);
	const tls = isTls ? { certificates, requireClientCertificate: options.requireClientCertificate ?? true } : undefined;
	const { app, server } = await createServer({ context, frontDoor: door }, [...meshRoutes, ...adminRoutes], tls);
	door.leadTo(server);
	let page: Page | undefined;
	const stop = async () => {
		closing.abort();
		await page?.close();
		await door.close();
		await app.close();
	};
	try {
		const port = await door.listen(options.port ?? 0, '127.0.0.1');
		const url = `${isTls ? 'https' : 'http'}://localhost:${port}`;
		if (options.pagePort !== undefined && options.pagePort !== false) page = await startPage(context, options.pagePort, url);
		return {
			url,
			port,
			pageUrl: page?.url,
			certificates,
			connections: door.counts,
			...inspection(context),
			close: once(() => stop().finally(data.leave)),
		};
	} catch (error) {
		await stop();
		return Promise.reject(error as Error);
	}
}

async function createContext(options: SandboxOptions, { folder, opened }: DataFolder, closing: AbortSignal): Promise<SandboxContext> {
	const journal = new Journal(options.dataFolder);
	const remembered = journal.open();
	opened.push(journal);
	const behaviour = { ...restoreBehaviour({ ...DEFAULT_BEHAVIOUR }, remembered.switches), ...options.behaviour };
	const clock = new MovableClock(options.now ?? Date.now, remembered.clockOffsetMs);
	const mailboxes = new Mailboxes([...(options.mailboxes ?? DEFAULT_MAILBOXES), ...remembered.mailboxes.values()]);
	for (const [mailboxId, at] of remembered.handshakes) mailboxes.recordHandshake(mailboxId, at);
	const bodies = new Bodies(folder);
	await bodies.open((messageId) => remembered.messages.has(messageId));
	const replays = new ReplayMemory(options.dataFolder, clock.unmoved());
	opened.push(replays);
	const messages = new Messages(journal);
	messages.restore(remembered.messages.values());
	const office = new PostOffice(messages, bodies, mailboxes, clock, behaviour);
	office.resume();
	clock.onMove(({ from, offsetMs }) => {
		journal.clock(offsetMs);
		if (clock.now() < from) office.turnBack(from);
		office.sweep();
	});
	const context: SandboxContext = {
		behaviour,
		clock,
		mailboxes,
		messages,
		bodies,
		office,
		journal,
		authority: { mailboxes, sharedKey: options.sharedKey ?? 'TestKey', clock, replays, behaviour },
		faults: new Faults(clock),
		silences: new Silences(),
		log: new RequestLog(),
		limiter: new RateLimiter(clock, behaviour),
		latencyMs: options.latencyMs ?? 0,
		maximumRequestBytes: options.maximumRequestBytes ?? MAXIMUM_REQUEST_BYTES,
		closing,
		onRequest: options.onRequest,
		reset: (mailboxId) => reset(context, mailboxId),
	};
	return context;
}

/** What a test sees and does besides sending requests. */
function inspection(
	context: SandboxContext,
): Pick<
	Sandbox,
	| 'clock'
	| 'requests'
	| 'behaviour'
	| 'putMessage'
	| 'putReport'
	| 'inbox'
	| 'message'
	| 'content'
	| 'messagesTo'
	| 'putMailbox'
	| 'arm'
	| 'clearFaults'
	| 'nextSilence'
	| 'reset'
> {
	const { messages, office, bodies, behaviour, clock, faults, log, mailboxes, journal } = context;
	const view = (id: string) => {
		const message = messages.get(id);
		return message && messageView(message, office.expiresAt(message), behaviour);
	};
	return {
		clock,
		behaviour,
		requests: log.requests,
		putMessage: (message) => putMessage(context, message),
		putReport: async (report) => putReport(context, report),
		inbox(mailboxId) {
			office.sweep();
			return [...messages.waiting(mailboxId)].filter((message) => office.isDelivered(message)).map(({ id }) => id);
		},
		message(id) {
			office.sweep();
			return view(id);
		},
		async content(id) {
			const message = messages.get(id);
			if (!message) throw new RangeError(`There is no message ${id}`);
			const parts: Buffer[] = [];
			for (let chunk = 1; chunk <= message.totalChunks; chunk++) parts.push(await bodies.read(id, chunk));
			return Buffer.concat(message.gzip ? parts.map((part) => (part.length === 0 ? part : gunzipSync(part))) : parts);
		},
		messagesTo(mailboxId) {
			office.sweep();
			return [...messages.all()].filter(({ to }) => to === mailboxId).flatMap(({ id }) => view(id) ?? []);
		},
		putMailbox: (settings) => journal.mailbox(mailboxes.put(settings)),
		arm: (rule) => faults.arm(rule),
		clearFaults: () => faults.clear(),
		nextSilence: () => context.silences.next(),
		reset: () => context.reset(),
	};
}

/** Puts a failed connection on the log, and on the console if there is one. */
function noteFailure({ log, clock, closing, onRequest }: SandboxContext, connection: number, failure: ConnectionFailure): void {
	// What is cut at the end is nobody's failure.
	if (closing.aborted) return;
	const recorded = log.addFailure({
		path: '',
		query: {},
		call: 'connection',
		headers: {},
		requestBytes: 0,
		responseBytes: 0,
		connection,
		at: clock.now(),
		...failure,
	});
	onRequest?.(recorded);
}

function once(action: () => Promise<void>): () => Promise<void> {
	let result: Promise<void> | undefined;
	return () => (result ??= action());
}
