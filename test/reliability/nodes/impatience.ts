import { replaceRuntime } from '../../../nodes/Mesh/client/runtime';
import type { Sandbox } from '../../../sandbox';
import { FakeClock } from '../../support/fakeClock';
import { passPause } from '../../support/pauses';

/** The clients that nodes make pause without waiting, and time stands still for them. */
export function dontWait(clock = new FakeClock()): void {
	replaceRuntime({ after: clock.after, sleep: passPause });
}

/** They also give up on a silent sandbox at once. */
export function giveUpOnSilence(sandbox: Sandbox, clock = new FakeClock()): void {
	dontWait(clock);
	clock.passSilences(sandbox);
}
