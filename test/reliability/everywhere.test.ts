import { ASKING_PLACES } from './matrix/askingPlaces';
import { testMatrix } from './matrix/matrix';
import { isRepresentative } from './matrix/place';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { SENDING_PLACES } from './matrix/sendingPlaces';

/** The places for which those of asking, receiving and sending.test.ts stand. */
testMatrix(
	'all other places',
	[...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES].filter((place) => !isRepresentative(place)),
);
