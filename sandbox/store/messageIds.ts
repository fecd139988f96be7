import { randomBytes } from 'node:crypto';
import { compactTime } from '../views/times';

/** Makes message IDs in the service's form (`yyyyMMddHHmmssffffff_XXXXXX`) or the NHS sandbox's (32 hexadecimal capitals). */
export class MessageIds {
	private lastMicroseconds = 0;

	/** IDs begin again at the time that is then given: for a clock that was set back. */
	restart(): void {
		this.lastMicroseconds = 0;
	}

	next(form: 'timestamp' | 'hex', now: number): string {
		if (form === 'hex') return randomBytes(16).toString('hex').toUpperCase();
		// Never twice the same microsecond, so that IDs sort by age however fast they are made.
		this.lastMicroseconds = Math.max(this.lastMicroseconds + 1, Math.floor(now) * 1000);
		const milliseconds = Math.floor(this.lastMicroseconds / 1000);
		const fraction = String(this.lastMicroseconds % 1_000_000).padStart(6, '0');
		return `${compactTime(milliseconds)}${fraction}_${randomBytes(3).toString('hex').toUpperCase()}`;
	}
}
