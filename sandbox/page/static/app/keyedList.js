/**
 * Keeps the children of a container like a list. What has not changed keeps its node, and with it focus and scroll
 * position; what has changed is made anew and keeps the focus.
 * @template T, [C=undefined]
 * @param {Element} container
 * @param {(item: T) => string | number} keyOf
 * @param {(item: T, context: C) => HTMLElement} create
 * @returns {(items: T[], context: C) => void} `context`: what all nodes depend on besides their items
 */
export function keyedList(container, keyOf, create) {
	/** @type {Map<string | number, { node: HTMLElement, print: string }>} */
	let known = new Map();
	return (items, context) => {
		const isFirst = known.size === 0;
		/** @type {typeof known} */
		const next = new Map();
		items.forEach((item, index) => {
			const key = keyOf(item);
			const print = JSON.stringify([item, context]);
			const old = known.get(key);
			const node = old?.print === print ? old.node : create(item, context);
			if (old && old.node !== node) replace(old.node, node);
			if (!old && !isFirst) node.classList.add('fresh');
			if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
			next.set(key, { node, print });
		});
		for (const [key, { node }] of known) if (!next.has(key)) node.remove();
		known = next;
	};
}

/**
 * @param {HTMLElement} old
 * @param {HTMLElement} node
 */
function replace(old, node) {
	const hadFocus = old.contains(document.activeElement);
	old.replaceWith(node);
	if (hadFocus) /** @type {HTMLElement | null} */ (node.matches('a, button') ? node : node.querySelector('a, button'))?.focus();
}
