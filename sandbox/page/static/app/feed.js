/**
 * Listens to the sandbox; the browser reconnects by itself.
 * @param {{
 *   onState: () => void,
 *   onRequests: (event: import('./types.js').RequestsEvent) => void,
 *   onLive: (live: boolean) => void,
 * }} listeners
 */
export function listen({ onState, onRequests, onLive }) {
	const source = new EventSource('/events');
	source.addEventListener('open', () => onLive(true));
	source.addEventListener('error', () => onLive(false));
	source.addEventListener('state', () => onState());
	source.addEventListener('requests', (event) => onRequests(JSON.parse(event.data)));
}
