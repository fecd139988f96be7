/** @typedef {Node | string | false | null | undefined} Child */

/**
 * Makes an element. `text` becomes its text, `on...` functions its listeners, everything else an attribute; `true` is an
 * attribute without value, and false, null and undefined leave one out. Text only ever becomes text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, properties = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (value === undefined || value === null || value === false) continue;
		if (name === 'text') node.textContent = String(value);
		else if (typeof value === 'function') node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
		else node.setAttribute(name, value === true ? '' : String(value));
	}
	append(node, children.flat());
	return node;
}

/**
 * @param {Element} node
 * @param {Child[]} children
 */
export function append(node, children) {
	for (const child of children) if (child !== false && child !== null && child !== undefined) node.append(child);
}

/**
 * Replaces the children of a container, except those that stay: they are not touched, and so keep focus and scroll position.
 * @param {Element} container
 * @param {Array<Element | false | null | undefined>} children
 */
export function keepChildren(container, children) {
	const wanted = children.filter((child) => child instanceof Element);
	for (const child of [...container.children]) if (!wanted.includes(child)) child.remove();
	wanted.forEach((child, index) => {
		if (container.children[index] !== child) container.insertBefore(child, container.children[index] ?? null);
	});
}

/**
 * An element of index.html.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
	const node = document.getElementById(id);
	if (!node) throw new Error(`The page has no element ${id}`);
	return node;
}

/**
 * @param {HTMLElement} node
 * @param {string} name
 * @param {string | false | undefined} value
 */
export function setAttribute(node, name, value) {
	if (value === false || value === undefined) node.removeAttribute(name);
	else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

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
