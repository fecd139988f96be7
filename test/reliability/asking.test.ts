import { ASKING_PLACES } from './matrix/askingPlaces';
import { testMatrix } from './matrix/matrix';
import { isRepresentative } from './matrix/place';

testMatrix('calls without content', ASKING_PLACES.filter(isRepresentative));
