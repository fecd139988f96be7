import { ASKING_PLACES } from './matrix/askingPlaces';
import { testMatrix } from './matrix/matrix';
import { PROXY_KINDS } from './matrix/proxyKinds';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { SENDING_PLACES } from './matrix/sendingPlaces';

const places = [...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES];

/** Every kind of proxy and every place; `npm run test:full` plays each kind at each place. */
describe('through a tunnel', () => testMatrix('tunnels of proxies', places, { way: 'tunnel', kinds: PROXY_KINDS.tunnel, isSample: true }));
describe('plain http, passed on', () =>
	testMatrix('proxies that pass on', places, { way: 'forwarded', kinds: PROXY_KINDS.forwarded, isSample: true }));
