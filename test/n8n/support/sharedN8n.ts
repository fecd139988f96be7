import { n8n1, n8n2 } from '../../../n8n-lab/host/pinnedHosts';
import type { PinnedHost } from '../../../n8n-lab/host/pinnedHosts';
import { N8nRest } from '../../../n8n-lab/rest/restClient';
import type { Owner } from '../../../n8n-lab/rest/restClient';

/** The n8n that this run tests: 1.x with npm run test:n8n:1, else 2.x. */
export const testedHost: PinnedHost = process.env.MESH_TESTED_N8N === '1' ? n8n1 : n8n2;

/** How globalSetup tells the test files about the running n8n. */
export const SHARED_N8N_VARIABLE = 'MESH_TEST_N8N';

/** The n8n that the test files of one of jest's workers share, one after the other. */
export interface SharedN8n {
	url: string;
	owner: Owner;
	/** Everything of this n8n; removed at the end of the run. */
	folder: string;
	/** The package as it was installed into n8n. */
	packageFolder: string;
	/** Where n8n's file nodes may read and write. */
	filesFolder: string;
	userFolder: string;
	logFile: string;
}

/** @throws when the tests were not started with `npm run test:n8n` */
export function sharedN8n(): SharedN8n {
	const text = process.env[SHARED_N8N_VARIABLE];
	if (!text) throw new Error('No n8n is running: start these tests with npm run test:n8n');
	return (JSON.parse(text) as SharedN8n[])[Number(process.env.JEST_WORKER_ID) - 1];
}

/** A signed-in REST client. */
export async function signIn(): Promise<N8nRest> {
	const { url, owner } = sharedN8n();
	const rest = new N8nRest(url);
	await rest.signIn(owner);
	return rest;
}
