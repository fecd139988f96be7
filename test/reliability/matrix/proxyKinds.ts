import type { ProxyMode } from '../../support/proxy';
import type { FaultKind, FaultNature } from './faultKinds';

/** How the clients of a matrix get to MESH: by themselves, in a tunnel of a proxy, or (plain http) with a proxy that asks for them. */
export type Way = 'direct' | 'tunnel' | 'forwarded';

/** What is wrong with a proxy: how it treats what it is asked, its address, or that it cuts off what has fallen silent. */
export type ProxyFault = { mode: ProxyMode } | { address(proxy: string): string } | { cut: 'without a word' | 'with a page' };

/** What it is by nature where the connection ends at the proxy, and where the proxy leads on to MESH. */
interface Natures {
	tunnel: FaultNature;
	forwarded: FaultNature;
	/** Of the answer that the proxy gives in MESH's place. */
	status?: number;
}

const treats = (name: string, mode: ProxyMode, natures: Natures) => ({ name: `a proxy that ${name}`, proxy: { mode }, ...natures });

const treatments = [
	treats('is silent', { kind: 'silent' }, { tunnel: 'silentProxy', forwarded: 'stalledRequest' }),
	treats('closes', { kind: 'close' }, { tunnel: 'neverConnected', forwarded: 'lostRequest' }),
	treats('resets', { kind: 'reset' }, { tunnel: 'neverConnected', forwarded: 'lostRequest' }),
	treats('refuses with a page', { kind: 'answer', status: 403 }, { tunnel: 'refusedByProxy', forwarded: 'foreignRefusal', status: 403 }),
	treats('wants a password', { kind: 'answer', status: 407 }, { tunnel: 'refusedByProxy', forwarded: 'final', status: 407 }),
	treats('cannot reach MESH', { kind: 'answer', status: 502 }, { tunnel: 'neverConnected', forwarded: 'gateway', status: 502 }),
	treats('shows a page as a success', { kind: 'answer', status: 200 }, { tunnel: 'refusedByProxy', forwarded: 'page' }),
	treats('speaks no HTTP', { kind: 'garbage' }, { tunnel: 'refusedByProxy', forwarded: 'page' }),
];

const inTunnels: FaultKind[] = [
	...treatments.map(({ name, proxy, tunnel }) => ({ name, proxy, nature: tunnel })),
	{
		name: 'a proxy that cuts off the beginning of what the server says',
		nature: 'neverConnected',
		proxy: { mode: { kind: 'dropAfter', bytes: 1 } },
	},
	{ name: 'a proxy that is not there', nature: 'neverConnected', proxy: { address: () => 'http://127.0.0.1:9' } },
	{
		name: 'a proxy that is spoken to over TLS and speaks none',
		nature: 'noTlsToProxy',
		proxy: { address: (proxy) => proxy.replace('http:', 'https:') },
	},
];

/** By what MESH does at the place, the proxy ending both connections then. */
const cuts = (['without a word', 'with a page'] as const).flatMap((cut): FaultKind[] => [
	{
		name: `a proxy that cuts off a request ${cut}`,
		nature: 'lostRequest',
		proxy: { cut },
		fault: () => ({ kind: 'stall', where: 'beforeAnswer' }),
	},
	{
		name: `a proxy that cuts off before the answer ${cut}`,
		nature: 'lostAnswer',
		proxy: { cut },
		fault: () => ({ kind: 'lateAnswer', ms: 600_000 }),
	},
	{
		name: `a proxy that cuts off an answer ${cut}`,
		nature: 'brokenAnswer',
		proxy: { cut },
		fault: () => ({ kind: 'stall', where: 'inResponseBody', afterBytes: 5 }),
	},
]);

const works: FaultKind = { name: 'a proxy that works', nature: 'harmless', proxy: { mode: { kind: 'work' } } };

/** Every way in which a proxy can stand between a call and MESH. */
export const PROXY_KINDS: Readonly<Record<Exclude<Way, 'direct'>, readonly FaultKind[]>> = {
	tunnel: [works, ...inTunnels, ...cuts],
	forwarded: [
		works,
		{ name: 'a proxy that says 100 and 102 before each answer', nature: 'harmless', proxy: { mode: { kind: 'interim' } } },
		...treatments.map(({ name, proxy, forwarded, status }) => ({ name, proxy, nature: forwarded, status })),
		...cuts.slice(0, 3),
	],
};
