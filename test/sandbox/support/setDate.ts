/** Sets this process's date, as a test suite may, and leaves its timers as they are; `jest.useRealTimers()` ends it. */
export function setDate(now: Date): void {
	const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] as const;
	jest.useFakeTimers({ now, doNotFake: [...timers, 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] });
}
