import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { testMatrix } from './matrix/matrix';
import { isRepresentative } from './matrix/place';

testMatrix('downloads', RECEIVING_PLACES.filter(isRepresentative));
