import { ASKING_PLACES } from './matrix/askingPlaces';
import { testMatrix } from './matrix/matrix';
import { isRepresentative } from './matrix/place';
import { PROXY_KINDS } from './matrix/proxyKinds';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { SENDING_PLACES } from './matrix/sendingPlaces';

const places = [...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES];

/** All cells of which proxies.test.ts plays a sample, and everything that can go wrong with MESH behind a proxy. */
describe('through a tunnel', () => {
	testMatrix('tunnels of proxies', places, { way: 'tunnel', kinds: PROXY_KINDS.tunnel });
	describe('that works', () => testMatrix('faults of MESH in tunnels', places.filter(isRepresentative), { way: 'tunnel' }));
});
describe('plain http, passed on', () => testMatrix('proxies that pass on', places, { way: 'forwarded', kinds: PROXY_KINDS.forwarded }));
