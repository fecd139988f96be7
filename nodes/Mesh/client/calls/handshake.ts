import { arch, platform, release } from 'node:os';
import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { exchange } from '../exchange';
import { headerOf } from '../http/types';
import type { CallOptions, Handshake } from '../types';

/** Validates the mailbox (MESH API, handshake): due once a day, and the way to see whether a credential works. */
export async function handshake(connection: MeshConnection, options: CallOptions = {}): Promise<Handshake> {
	const { mailboxId, clientVersion } = connection.settings;
	return await exchange(
		connection,
		{
			call: 'validate the mailbox',
			method: 'POST',
			path: endpoints.handshake(mailboxId),
			headers: {
				'mex-clientversion': clientVersion,
				'mex-osname': platform(),
				'mex-osversion': release(),
				'mex-osarchitecture': arch(),
			},
			repeat: 'read',
			signal: options.signal,
		},
		async ({ headers, body, requestedAt }) => {
			const answeredAt = connection.runtime.now();
			await body.drain(); // empty in v2
			const date = Date.parse(headerOf(headers, 'date') ?? '');
			if (Number.isNaN(date)) return { mailboxId };
			const clockDifferenceMs = date - Math.round((requestedAt + answeredAt) / 2);
			return { mailboxId, serverTime: new Date(date), clockDifferenceMs };
		},
	);
}
