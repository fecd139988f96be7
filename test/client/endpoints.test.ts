import fc from 'fast-check';
import { endpoints } from '../../nodes/Mesh/client/endpoints';
import { cases } from '../support/cases';

const anyText = fc.string({ unit: 'grapheme', minLength: 1 });

describe('paths', () => {
	test('are those of the API', () => {
		expect(endpoints.handshake('MB')).toBe('/messageexchange/MB');
		expect(endpoints.count('MB')).toBe('/messageexchange/MB/count');
		expect(endpoints.inbox('MB', {})).toBe('/messageexchange/MB/inbox');
		expect(endpoints.message('MB', 'ID')).toBe('/messageexchange/MB/inbox/ID');
		expect(endpoints.messageChunk('MB', 'ID', 1)).toBe('/messageexchange/MB/inbox/ID');
		expect(endpoints.messageChunk('MB', 'ID', 2)).toBe('/messageexchange/MB/inbox/ID/2');
		expect(endpoints.acknowledge('MB', 'ID')).toBe('/messageexchange/MB/inbox/ID/status/acknowledged');
		expect(endpoints.outbox('MB')).toBe('/messageexchange/MB/outbox');
		expect(endpoints.outboxChunk('MB', 'ID', 3)).toBe('/messageexchange/MB/outbox/ID/3');
		expect(endpoints.tracking('MB', 'ID')).toBe('/messageexchange/MB/outbox/tracking?messageID=ID');
		expect(endpoints.localIdTracking('MB', 'my id')).toBe('/messageexchange/MB/outbox/tracking/my%20id');
		expect(endpoints.endpointLookup('X26', 'WF')).toBe('/messageexchange/endpointlookup/X26/WF');
		expect(endpoints.workflowSearch('WF')).toBe('/messageexchange/workflowsearch/WF');
	});

	test('encode the signs of a workflow filter, which mean something else in a URL', () => {
		expect(endpoints.inbox('MB', { max_results: 10, continue_from: undefined, workflow_filter: '!*A&B*' })).toBe(
			'/messageexchange/MB/inbox?max_results=10&workflow_filter=%21%2AA%26B%2A',
		);
	});

	test.each(['.', '..'])('spell %s so that it is no step in the path', (text) => {
		expect(endpoints.localIdTracking('MB', text)).toBe(`/messageexchange/MB/outbox/tracking/${text.replace(/\./g, '%2E')}`);
	});

	test('keep every part in its place, whatever it holds, so that no text can reach another resource', () => {
		fc.assert(
			fc.property(anyText, anyText, (mailboxId, messageId) => {
				const path = endpoints.acknowledge(mailboxId, messageId);
				const parts = path.split('/');
				expect(parts).toHaveLength(7);
				expect(decodeURIComponent(parts[2])).toBe(mailboxId);
				expect(decodeURIComponent(parts[4])).toBe(messageId);
				expect(path).toMatch(/^[!-~]+$/);
				expect(path).not.toMatch(/[?#]/);
			}),
			{ numRuns: cases(2_000) },
		);
	});
});
