import { getState } from './api.js';
import { showClockWarning } from './clockWarning.js';
import { openClock } from './dialogs/clock.js';
import { openFaults } from './dialogs/faults.js';
import { openPutReport } from './dialogs/putReport.js';
import { openReset } from './dialogs/reset.js';
import { openSendMessage } from './dialogs/sendMessage.js';
import { byId, setAttribute } from './element.js';
import { listen } from './feed.js';
import { formatClock, formatFullTime } from './format.js';
import { createMessagesView } from './messagesView.js';
import { createRequestsView } from './requestsView.js';
import { readRoute } from './route.js';

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
