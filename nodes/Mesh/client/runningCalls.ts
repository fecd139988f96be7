import type { IncomingMessage } from './types';

/** Counts what is under way, so that closing can wait for it. */
export class RunningCalls {
	count = 0;
	#waiting: Array<() => void> = [];

	async run<T>(call: () => Promise<T>): Promise<T> {
		this.count++;
		try {
			return await call();
		} finally {
			this.#done();
		}
	}

	/** A download is under way until its body is closed. */
	async untilClosed(call: () => Promise<IncomingMessage>): Promise<IncomingMessage> {
		return await this.run(async () => {
			const message = await call();
			this.count++;
			message.body.once('close', () => this.#done());
			return message;
		});
	}

	/** A page counts while it is fetched, not while its reader works on it: a reader may never ask for the next one. */
	async *pages<T>(pages: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
		for (;;) {
			const { done, value } = await this.run(() => pages.next());
			if (done) return;
			yield value;
		}
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		if (this.count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	#done(): void {
		this.count--;
		if (this.count > 0) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resolve of waiting) resolve();
	}
}
