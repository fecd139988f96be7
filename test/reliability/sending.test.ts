import { SENDING_PLACES } from './matrix/sendingPlaces';
import { testMatrix } from './matrix/matrix';
import { isRepresentative } from './matrix/place';

testMatrix('sends', SENDING_PLACES.filter(isRepresentative));
