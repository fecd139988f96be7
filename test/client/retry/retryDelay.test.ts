import fc from 'fast-check';
import { retryDelay } from '../../../nodes/Mesh/client/exchange';
import { DEFAULT_RETRY } from '../../../nodes/Mesh/client/settings';

const policy = DEFAULT_RETRY;

test('the pause is anything up to a bound that doubles, so that clients do not come back together', () => {
	for (const [attempt, bound] of [
		[1, 500],
		[2, 1_000],
		[3, 2_000],
		[7, 30_000],
		[1_000, 30_000],
	]) {
		expect(retryDelay({ attempt, random: 0, policy })).toBe(0);
		expect(retryDelay({ attempt, random: 0.5, policy })).toBe(bound / 2);
	}
});

test('a wish of the server is kept, with a little jitter, up to the bound of the user', () => {
	expect(retryDelay({ attempt: 1, random: 0, policy, retryAfter: 7_000 })).toBe(7_000);
	expect(retryDelay({ attempt: 1, random: 0.5, policy, retryAfter: 7_000 })).toBe(7_250);
	expect(retryDelay({ attempt: 1, random: 0.5, policy, retryAfter: 10_000_000 })).toBe(policy.maxRetryAfterMs);
});

test('the pause is never negative, endless or no number', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 1e6 }),
			fc.double({ min: 0, max: 0.999, noNaN: true }),
			fc.option(fc.nat(), { nil: undefined }),
			(attempt, random, retryAfter) => {
				const delay = retryDelay({ attempt, random, policy, retryAfter });
				return delay >= 0 && delay <= policy.maxRetryAfterMs;
			},
		),
	);
});
