import { testMatrix } from './matrix/matrixTests';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';

testMatrix('downloads', RECEIVING_PLACES);
