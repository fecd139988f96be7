import { changeBehaviour, getState, listen } from './api.js';
import { openClock, openReset } from './dialogs/clockAndReset.js';
import { openFaults } from './dialogs/faults.js';
import { openPutReport } from './dialogs/putReport.js';
import { openSendMessage } from './dialogs/sendMessage.js';
import { byId, element, setAttribute } from './element.js';
import { formatClock, formatDuration, formatFullTime } from './format.js';
import { createMessagesView } from './messagesView.js';
import { createRequestsView } from './requestsView.js';
import { readRoute } from './route.js';
import { attempt } from './toast.js';

/** Delayed deliveries fall due without any event. */
const REFRESH_MS = 10_000;

/** @type {import('./types.js').PageState | undefined} */
let state;
/** Sandbox time minus this browser's. */
let aheadMs = 0;

const main = byId('content');
const messages = createMessagesView((message) => openPutReport(state?.mailboxes ?? [], undefined, message));
const requests = createRequestsView();

/** Shows what the address names. */
async function showRoute() {
	const route = readRoute(location.hash);
	const view = route.view === 'requests' ? requests.node : messages.node;
	if (main.firstElementChild !== view) main.replaceChildren(view);
	setAttribute(byId('to-messages'), 'aria-current', route.view === 'messages' && 'page');
	setAttribute(byId('to-requests'), 'aria-current', route.view === 'requests' && 'page');
	document.title = route.view === 'requests' ? 'Requests – MESH sandbox' : `${route.mailboxId ?? 'Messages'} – MESH sandbox`;
	if (route.view === 'requests') requests.show(route);
	else if (state) await messages.load(state, route);
}

/** What was opened takes the list's place on narrow screens: the keyboard's place goes with it. */
async function followRoute() {
	await showRoute();
	const isHidden = document.activeElement === document.body || document.activeElement?.getClientRects().length === 0;
	if (!isHidden) return;
	const route = readRoute(location.hash);
	if (route.view === 'requests' && route.requestId !== undefined) requests.focusDetail();
	else if (route.view === 'messages' && route.messageId !== undefined) messages.focusDetail();
}

async function refresh() {
	const fresh = await getState().catch(() => undefined);
	if (!fresh) return;
	state = fresh;
	aheadMs = state.now - Date.now();
	byId('address').textContent = state.url;
	byId('fault-count').textContent = String(state.faults.length);
	byId('fault-count').hidden = state.faults.length === 0;
	requests.setMailboxes(state.mailboxes);
	showClockWarning(byId('notice'), state);
	showTime();
	await showRoute();
}

function showTime() {
	const now = Date.now() + aheadMs;
	byId('now').textContent = `${formatClock(now)} UTC`;
	byId('now').setAttribute('datetime', new Date(now).toISOString());
	byId('clock').title = formatFullTime(now);
}

/** @param {boolean} live */
function showLive(live) {
	const node = byId('live');
	node.textContent = live ? 'live' : 'not reachable';
	node.className = live ? 'live on' : 'live off';
}

/** @returns {string | undefined} */
function currentMailbox() {
	const route = readRoute(location.hash);
	return route.view === 'messages' ? (route.mailboxId ?? state?.mailboxes[0]?.mailboxId) : undefined;
}

byId('send').addEventListener('click', () => openSendMessage(state?.mailboxes ?? [], currentMailbox()));
byId('report').addEventListener('click', () => openPutReport(state?.mailboxes ?? [], currentMailbox()));
byId('faults').addEventListener('click', () => openFaults(state?.faults ?? [], state?.now ?? 0, Date.now() + aheadMs));
byId('clock').addEventListener('click', () => openClock(Date.now() + aheadMs, state?.clockOffsetMs ?? 0));
byId('reset').addEventListener('click', () => openReset(state?.mailboxes ?? []));
window.addEventListener('hashchange', () => void followRoute());
setInterval(showTime, 1000);
setInterval(() => void refresh(), REFRESH_MS);
listen({ onState: () => void refresh(), onRequests: requests.merge, onLive: showLive });
void refresh();

/** MESH refuses tokens whose time is further away than this. */
const WINDOW_MS = 2 * 60 * 60 * 1000;

/**
 * Says that clients will be refused because the clock was moved, before anybody wonders why.
 * @param {HTMLElement} node
 * @param {import('./types.js').PageState} state
 */
function showClockWarning(node, { now, checkTimestamp }) {
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
	node.replaceChildren(
		element('span', { text }),
		element('button', { type: 'button', class: 'small', text: 'Accept tokens of any time', onclick: accept }),
	);
}
