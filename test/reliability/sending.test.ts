import { SENDING_PLACES } from './matrix/sendingPlaces';
import { testMatrix } from './matrix/matrixTests';
import { isRepresentative } from './matrix/place';

testMatrix('sends', SENDING_PLACES.filter(isRepresentative));
