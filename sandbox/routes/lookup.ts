import { randomBytes } from 'node:crypto';
import { refuse } from '../errors/refusals';
import type { Route } from '../server/context';
import type { Mailbox } from '../store/mailboxes';
import { compactTime } from '../views/times';
import { plainJson } from './answers';

const resultV2 = ({ mailboxId, name }: Mailbox) => ({ mailbox_id: mailboxId, mailbox_name: name });

/** MESH API, endpoint lookup: the mailboxes of an organisation that receive a workflow. */
export const lookup: Route = {
	call: 'lookup',
	methods: ['GET'],
	path: '/messageexchange/endpointlookup/:odsCode/:workflowId',
	access: 'open',
	handle(request) {
		const { context, params } = request;
		if (params.odsCode.trim() === '') throw refuse('odsCodeMissing');
		if (params.workflowId.trim() === '') throw refuse('workflowIdMissing');
		const found = context.mailboxes.receivers(params.workflowId, params.odsCode);
		if (request.version() >= 2) return plainJson(request, { results: found.map(resultV2) });
		const queryId = `${compactTime(context.clock.now())}_${randomBytes(3).toString('hex').toUpperCase()}_${Math.floor(context.clock.now() / 1000)}`;
		const results = found.map(({ mailboxId, name }) => ({ address: mailboxId, description: name, endpoint_type: 'MESH' }));
		return plainJson(request, { query_id: queryId, results });
	},
};

/** MESH API, workflow search: every mailbox that receives a workflow; the same body in both versions. */
export const search: Route = {
	call: 'search',
	methods: ['GET'],
	path: '/messageexchange/workflowsearch/:workflowId',
	access: 'open',
	handle(request) {
		const { context, params } = request;
		if (params.workflowId.trim() === '') throw refuse('workflowIdMissing');
		request.version();
		return plainJson(request, { results: context.mailboxes.receivers(params.workflowId).map(resultV2) });
	},
};
