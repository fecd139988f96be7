import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ContentKind } from '../work';

/** A message that waits in the mailbox; its content is made while it is being downloaded. */
export interface StoredMessage {
	messageId: string;
	content: ContentKind;
	bytes: number;
	chunkBytes: number;
	/** Kept gzipped, chunk by chunk, and served so to whoever accepts it. */
	gzip: boolean;
}

/** What every message that is sent should be. */
export interface ExpectedUpload {
	content: ContentKind;
	bytes: number;
}

/** How the server behaves from the next request on. */
export interface ServerSettings {
	messages: StoredMessage[];
	/** Waited before each answer. */
	latencyMs: number;
	/** Compare every byte of each message sent with what it should be; slow for large ones. */
	verifyUploads?: ExpectedUpload;
}

/** Counted since the last `configure`. */
export interface ServerCounts {
	requests: number;
	connections: number;
	/** Connections whose TLS handshake resumed an earlier session. */
	resumed: number;
	uploadedBytes: number;
	downloadedBytes: number;
	/** Messages complete: their last chunk was received. */
	messagesSent: number;
	acknowledged: number;
	/** Milliseconds on the server's clock. */
	firstListedAtMs?: number;
	firstDownloadedAtMs?: number;
	lastDownloadedAtMs?: number;
	firstAcknowledgedAtMs?: number;
	lastAcknowledgedAtMs?: number;
	cpuSeconds: number;
	/** What a client did that MESH would refuse, or content that is not what it should be. */
	faults: string[];
}

/** Runner to server. */
export type ServerCommand =
	| { id: number; name: 'configure'; settings: ServerSettings }
	| { id: number; name: 'counts' }
	| { id: number; name: 'stop' };

/** Server to runner. */
export type ServerAnswer = { id: number; counts?: ServerCounts } | { id: 0; port: number };

type Ask = ServerCommand extends infer C ? (C extends { id: number } ? Omit<C, 'id'> : never) : never;

/** The runner's end of the server process. */
export class ServerHandle {
	private nextId = 1;

	private constructor(
		private readonly child: ChildProcess,
		readonly url: string,
	) {}

	/** @throws when the process ends before it listens */
	static async start(program: string, certificatesPath: string): Promise<ServerHandle> {
		const child = fork(program, [certificatesPath], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
		const port = await new Promise<number>((resolve, reject) => {
			child.once('exit', (code) => {
				reject(new Error(`The benchmark's server ended with code ${code} before it listened.`));
			});
			child.once('message', (answer: ServerAnswer) => {
				resolve('port' in answer ? answer.port : 0);
			});
		});
		return new ServerHandle(child, `https://localhost:${port}`);
	}

	async configure(settings: ServerSettings): Promise<void> {
		await this.ask({ name: 'configure', settings });
	}

	async counts(): Promise<ServerCounts> {
		const answer = await this.ask({ name: 'counts' });
		if (!('counts' in answer) || answer.counts === undefined) throw new Error("The benchmark's server gave no counts.");
		return answer.counts;
	}

	async stop(): Promise<void> {
		if (this.child.connected) await this.ask({ name: 'stop' });
	}

	private async ask(command: Ask): Promise<ServerAnswer> {
		const id = this.nextId++;
		return await new Promise<ServerAnswer>((resolve, reject) => {
			const ended = (): void => {
				reject(new Error("The benchmark's server ended unexpectedly."));
			};
			const answered = (answer: ServerAnswer): void => {
				if (answer.id !== id) return;
				this.child.off('message', answered).off('exit', ended);
				resolve(answer);
			};
			this.child.on('message', answered).once('exit', ended);
			this.child.send({ ...command, id });
		});
	}
}
