import { n8n1, n8n2 } from '../../../n8n-lab/host/pinnedHosts';
import type { PinnedHost } from '../../../n8n-lab/host/pinnedHosts';

/** The n8n that this run tests: 1.x with npm run test:n8n:1, else 2.x. */
export const testedHost: PinnedHost = process.env.MESH_TESTED_N8N === '1' ? n8n1 : n8n2;
