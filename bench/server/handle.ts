import { fork, type ChildProcess } from 'node:child_process';
import type { ServerAnswer, ServerCommand, ServerCounts, ServerSettings } from './control';

type Ask = ServerCommand extends infer C ? C extends { id: number } ? Omit<C, 'id'> : never : never;

/** The runner's end of the server process. */
export class ServerHandle {
	private nextId = 1;

	private constructor(private readonly child: ChildProcess, readonly url: string) {}

	/** @throws when the process ends before it listens */
	static async start(program: string, certificatesPath: string): Promise<ServerHandle> {
		const child = fork(program, [certificatesPath], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
		const port = await new Promise<number>((resolve, reject) => {
			child.once('exit', (code) => { reject(new Error(`The benchmark's server ended with code ${code} before it listened.`)); });
			child.once('message', (answer: ServerAnswer) => { resolve('port' in answer ? answer.port : 0); });
		});
		return new ServerHandle(child, `https://localhost:${port}`);
	}

	async configure(settings: ServerSettings): Promise<void> {
		await this.ask({ name: 'configure', settings });
	}

	async counts(): Promise<ServerCounts> {
		const answer = await this.ask({ name: 'counts' });
		if (!('counts' in answer) || answer.counts === undefined) throw new Error('The benchmark\'s server gave no counts.');
		return answer.counts;
	}

	async stop(): Promise<void> {
		if (this.child.connected) await this.ask({ name: 'stop' });
	}

	private async ask(command: Ask): Promise<ServerAnswer> {
		const id = this.nextId++;
		return await new Promise<ServerAnswer>((resolve, reject) => {
			const ended = (): void => { reject(new Error('The benchmark\'s server ended unexpectedly.')); };
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
