import { invalidInput } from '../client';
import * as lookUp from './directory/lookUp.operation';
import * as search from './directory/search.operation';
import * as checkConnection from './mailbox/checkConnection.operation';
import * as count from './mailbox/count.operation';
import * as validate from './mailbox/validate.operation';
import * as acknowledge from './message/acknowledge.operation';
import * as download from './message/download.operation';
import * as getHeaders from './message/getHeaders.operation';
import * as getMany from './message/getMany.operation';
import * as reply from './message/reply.operation';
import * as send from './message/send.operation';
import * as track from './message/track.operation';
import type { Operation } from './operation';

/** Every operation by resource and name, as the parameters of the node spell them. */
export const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
	message: { acknowledge, download, getHeaders, getMany, reply, send, track },
	mailbox: { checkConnection, count, validate },
	directory: { lookUp, search },
};

/** @throws MeshError MESH_INVALID_INPUT where an expression gave something else */
export function findOperation(resource: unknown, operation: unknown): Operation {
	const group = typeof resource === 'string' && Object.hasOwn(operations, resource) ? operations[resource] : undefined;
	const found = group !== undefined && typeof operation === 'string' && Object.hasOwn(group, operation) ? group[operation] : undefined;
	if (found === undefined) throw invalidInput('operation', 'The node has no such resource and operation', 'Choose the resource and the operation again.');
	return found;
}
