import fc from 'fast-check';
import { DueQueue } from '../../sandbox/store/dueQueue';

const step = fc.oneof(
	fc.record({ kind: fc.constant('set' as const), item: fc.nat(20), time: fc.nat(50) }),
	fc.record({ kind: fc.constant('delete' as const), item: fc.nat(20) }),
	fc.record({ kind: fc.constant('take' as const), now: fc.nat(50) }),
);

describe('items waiting for their time', () => {
	it('come out the earliest first and, at the same time, in the order in which they came, whatever was moved or taken away before', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
				const queue = new DueQueue<number>();
				let waiting: Array<{ item: number; time: number }> = [];
				for (const each of steps) {
					if (each.kind === 'take') {
						const [first] = waiting.filter(({ time }) => time <= each.now).sort((a, b) => a.time - b.time);
						expect(queue.takeDue(each.now)).toBe(first?.item);
						waiting = waiting.filter((other) => other !== first);
					} else {
						waiting = waiting.filter(({ item }) => item !== each.item);
						if (each.kind === 'set') {
							queue.set(each.item, each.time);
							waiting.push(each);
						} else {
							queue.delete(each.item);
						}
					}
				}
			}),
		);
	});
});
