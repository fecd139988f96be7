import type { Route } from '../server/context';
import { acknowledge } from './acknowledge';
import { count } from './count';
import { download, downloadChunk } from './download';
import { handshake } from './handshake';
import { head } from './head';
import { list } from './list';
import { lookup, search } from './lookup';
import { pings, update } from './ping';
import { richViews } from './rich';
import { send } from './send';
import { sendChunk } from './sendChunk';
import { track, trackLocal } from './track';

/** Every endpoint of the MESH API. */
export const meshRoutes: Route[] = [
	handshake,
	list,
	download,
	downloadChunk,
	head,
	acknowledge,
	count,
	send,
	sendChunk,
	track,
	trackLocal,
	lookup,
	search,
	update,
	...richViews,
	...pings,
];
