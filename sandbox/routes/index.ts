import type { Route } from '../server/context';
import { acknowledge, count, handshake, pings, update } from './mailbox';
import { download, downloadChunk, head } from './download';
import { list } from './list';
import { lookup, search } from './lookup';
import { richViews } from './rich';
import { send, sendChunk } from './send';
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
