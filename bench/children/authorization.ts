import { createHmac, randomUUID } from 'node:crypto';
import type { Access } from '../work';

/** The `Authorization` header of one request (MESH API, authorization header), for contenders that have no MESH client. */
export function authorization(access: Pick<Access, 'mailboxId' | 'password' | 'sharedKey'>): string {
	const nonce = randomUUID();
	const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 12);
	const signed = createHmac('sha256', access.sharedKey).update(`${access.mailboxId}:${nonce}:0:${access.password}:${stamp}`).digest('hex');
	return `NHSMESH ${access.mailboxId}:${nonce}:0:${stamp}:${signed}`;
}
