/** One place in the heap. */
interface Entry<T> {
	item: T;
	time: number;
	/** Keeps what has the same time in the order in which it came. */
	order: number;
	index: number;
}

/** Items by a time of their own, the earliest first, in whatever order they come: a heap that also finds an item to take it out. */
export class DueQueue<T> {
	private readonly heap: Array<Entry<T>> = [];
	private readonly entries = new Map<T, Entry<T>>();
	private added = 0;

	/** Puts an item in, or moves it to another time. */
	set(item: T, time: number): void {
		this.delete(item);
		const entry = { item, time, order: this.added++, index: this.heap.length };
		this.entries.set(item, entry);
		this.heap.push(entry);
		this.rise(entry);
	}

	delete(item: T): void {
		const entry = this.entries.get(item);
		if (!entry) return;
		this.entries.delete(item);
		const last = this.heap.pop() as Entry<T>;
		if (last === entry) return;
		this.place(last, entry.index);
		this.rise(last);
		this.sink(last);
	}

	/** Takes out the earliest item whose time has come; undefined when none has. */
	takeDue(now: number): T | undefined {
		const first = this.heap[0] as Entry<T> | undefined;
		if (!first || first.time > now) return undefined;
		this.delete(first.item);
		return first.item;
	}

	private rise(entry: Entry<T>): void {
		while (entry.index > 0) {
			const parent = this.heap[(entry.index - 1) >> 1];
			if (isBefore(parent, entry)) return;
			this.swap(parent, entry);
		}
	}

	private sink(entry: Entry<T>): void {
		for (;;) {
			const [left, right] = [this.heap[2 * entry.index + 1], this.heap[2 * entry.index + 2]] as Array<Entry<T> | undefined>;
			const child = left && right && isBefore(right, left) ? right : left;
			if (!child || isBefore(entry, child)) return;
			this.swap(entry, child);
		}
	}

	private swap(parent: Entry<T>, child: Entry<T>): void {
		const { index } = parent;
		this.place(parent, child.index);
		this.place(child, index);
	}

	private place(entry: Entry<T>, index: number): void {
		entry.index = index;
		this.heap[index] = entry;
	}
}

const isBefore = <T>(a: Entry<T>, b: Entry<T>) => a.time < b.time || (a.time === b.time && a.order < b.order);
