import { changeBehaviour } from './api.js';
import { element } from './element.js';
import { formatDuration } from './format.js';
import { attempt } from './toast.js';

/** MESH refuses tokens whose time is further away than this. */
const WINDOW_MS = 2 * 60 * 60 * 1000;

/**
 * Says that clients will be refused because the clock was moved, before anybody wonders why.
 * @param {HTMLElement} node
 * @param {import('./types.js').PageState} state
 */
export function showClockWarning(node, { now, checkTimestamp }) {
	const ahead = now - Date.now();
	const isWarning = Math.abs(ahead) > WINDOW_MS && checkTimestamp;
	node.hidden = !isWarning;
	if (!isWarning) {
		node.replaceChildren();
		return;
	}
	const text = `The sandbox’s clock is ${formatDuration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}: it refuses tokens with today’s time.`;
	if (node.firstElementChild?.textContent === text) return;
	const accept = () => void attempt(() => changeBehaviour({ checkTimestamp: false }), 'Tokens of any time are accepted');
	node.replaceChildren(element('span', { text }), element('button', { type: 'button', class: 'small', text: 'Accept tokens of any time', onclick: accept }));
}
