import type { Job } from '../jobs';
import { rateOf } from '../measure/ratios';
import type { Run } from '../measure/results';

/** Tells on standard error what is going on: one line that is rewritten on a terminal, plain lines elsewhere. */
export class Progress {
	private readonly startedAt = Date.now();
	private readonly terminal = process.stderr.isTTY;

	say(text: string): void {
		const minutes = Math.floor((Date.now() - this.startedAt) / 60_000);
		const seconds = Math.floor((Date.now() - this.startedAt) / 1000) % 60;
		const line = `[${minutes}:${String(seconds).padStart(2, '0')}] ${text}`;
		process.stderr.write(this.terminal ? `\r\u001b[2K${line.slice(0, process.stderr.columns - 1)}` : `${line}\n`);
	}

	ran(job: Job, run: Run, title: string): void {
		const rate = rateOf({ job, contenders: [] }, run);
		this.say(`${job.id}: round ${run.round}, ${title}: ${rate.toFixed(0)} ${job.unit}`);
		if (this.terminal) process.stderr.write('\n');
	}

	done(): void {
		if (this.terminal) process.stderr.write('\r\u001b[2K');
	}
}
