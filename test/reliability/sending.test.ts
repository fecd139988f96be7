import { testMatrix } from './matrix/matrixTests';
import { SENDING_PLACES } from './matrix/sendingPlaces';

testMatrix('sends', SENDING_PLACES);
