import { ASKING_PLACES } from './matrix/askingPlaces';
import { testMatrix } from './matrix/matrixTests';

testMatrix('calls without content', ASKING_PLACES);
