import { expectRefusal, refusal, row, type Topic, type World } from '../world';

/** A valid number that belongs to nobody: numbers beginning with 999 are kept for tests. */
const NHS_NUMBER = '9990000018';
const UNKNOWN_NUMBER = '9990000026';

const patient = (mailboxes: string[]) => ({ patients: [{ nhsNumber: NHS_NUMBER, dateOfBirth: '19550901', surname: 'Sample', mailboxes }] });

const reportedAs = (code: string, fact: string, to: string, mailboxes: string[]) =>
	row(`${code}: ${fact}`, async (world) => {
		world.switch(patient(mailboxes));
		const sent = await world.post({ 'mex-to': to });
		expect(sent.status).toBe(202);
		const [report] = await world.mesh.list('X26ABC1');
		expect((await world.get(`X26ABC1/inbox/${report}`)).headers).toMatchObject({
			'mex-statuscode': code,
			'mex-linkedmsgid': sent.json.message_id,
		});
	});

const results = async (world: World, path: string, version: 1 | 2 = 2) => (await world.get(path, {}, { version, as: null })).json;

export const directory: Topic = {
	title: 'Look-ups and count',
	rows: [
		row('endpoint lookup, version 1: address, description and type', async (world) => {
			expect(await results(world, 'endpointlookup/X26/TEST_WORKFLOW', 1)).toEqual({
				query_id: expect.any(String),
				results: [{ address: 'X26ABC2', description: 'TESTMB2', endpoint_type: 'MESH' }],
			});
		}),
		row('endpoint lookup, version 2: ID and name', async (world) => {
			expect(await results(world, 'endpointlookup/X26/TEST_WORKFLOW')).toEqual({
				results: [{ mailbox_id: 'X26ABC2', mailbox_name: 'TESTMB2' }],
			});
		}),
		row('workflow search has the shape of version 2 in both', async (world) => {
			for (const version of [1, 2] as const) {
				expect(await results(world, 'workflowsearch/TEST_WORKFLOW_ACK', version)).toEqual({
					results: [
						{ mailbox_id: 'X26ABC1', mailbox_name: 'TESTMB1' },
						{ mailbox_id: 'X26ABC3', mailbox_name: 'TESTMB3' },
					],
				});
			}
		}),
		row('no match is 200 with no results; codes match by case', async (world) => {
			for (const path of [
				'endpointlookup/X99/TEST_WORKFLOW',
				'endpointlookup/x26/TEST_WORKFLOW',
				'endpointlookup/X26/test_workflow',
				'workflowsearch/NONE',
			]) {
				const { status, json } = await world.get(path, {}, { as: null });
				expect([path, status, json]).toEqual([path, 200, { results: [] }]);
			}
		}),
		row('an organisation may have several mailboxes for a workflow', async (world) => {
			expect((await results(world, 'endpointlookup/X26/TEST_WORKFLOW2')).results).toHaveLength(2);
		}),
		row('blank values are 400', async (world) => {
			expectRefusal(await world.get('endpointlookup/%20/W', {}, { as: null }), 400, '', '', 'ods code missing');
			expectRefusal(await world.get('endpointlookup/X26/%20', {}, { as: null }), 400, '', '', 'workflow id missing');
			expectRefusal(await world.get('workflowsearch/%20', {}, { as: null }), 400, '', '', 'workflow id missing');
		}),
		row('an Authorization header is ignored, even a wrong one', async (world) => {
			expect((await world.get('workflowsearch/TEST_WORKFLOW', { authorization: 'NHSMESH nonsense' })).status).toBe(200);
		}),
		row('count: version 1 also says that all results are included', async (world) => {
			await world.send();
			expect((await world.v1('X26ABC2/count')).json).toEqual({ count: 1, internalID: expect.any(String), allResultsIncluded: true });
			expect((await world.get('X26ABC2/count')).json).toEqual({ count: 1 });
		}),
	],
};

export const routing: Topic = {
	title: 'Routing by GP practice',
	rows: [
		row('a patient is found by number, date of birth (either order) and surname, and the message goes to the practice', async (world) => {
			world.switch(patient(['X26ABC3']));
			for (const date of ['19550901', '01091955']) {
				const id = await world.send({ 'mex-to': `GPPROVIDER_${NHS_NUMBER}_${date}_Sample` });
				expect(world.sandbox.message(id)).toMatchObject({ to: 'X26ABC3', status: 'accepted' });
			}
		}),
		reportedAs('EPL-150', 'several mailboxes', `GPPROVIDER_${NHS_NUMBER}_19550901_Sample`, ['X26ABC2', 'X26ABC3']),
		reportedAs('EPL-151', 'no mailbox', `GPPROVIDER_${NHS_NUMBER}_19550901_Sample`, []),
		reportedAs('EPL-151', 'a mailbox that is not registered', `GPPROVIDER_${NHS_NUMBER}_19550901_Sample`, ['NOWHERE']),
		reportedAs('EPL-152', 'an invalid NHS number', 'GPPROVIDER_1234567890_19550901_Sample', ['X26ABC3']),
		reportedAs('EPL-153', 'an unknown NHS number', `GPPROVIDER_${UNKNOWN_NUMBER}_19550901_Sample`, ['X26ABC3']),
		reportedAs('EPL-154', 'another date of birth', `GPPROVIDER_${NHS_NUMBER}_19550902_Sample`, ['X26ABC3']),
		reportedAs('EPL-154', 'another surname', `GPPROVIDER_${NHS_NUMBER}_19550901_Other`, ['X26ABC3']),
		row('as the NHS sandbox: without patients the recipient is unknown', async (world) => {
			expect(refusal(await world.post({ 'mex-to': `GPPROVIDER_${NHS_NUMBER}_19550901_Sample` }))).toMatchObject({
				status: 417,
				code: '12',
			});
		}),
		row("the patient's data is in no log, no tracking answer and no report", async (world) => {
			const first = await world.post({ 'mex-to': `GPPROVIDER_${NHS_NUMBER}_19550901_Sample` });
			world.switch(patient([]));
			const second = await world.post({ 'mex-to': `GPPROVIDER_${NHS_NUMBER}_19550901_Sample` });
			const seen: unknown[] = [world.sandbox.requests, world.sandbox.messagesTo('GPPROVIDER'), first.json, second.json];
			for (const id of await world.mesh.list('X26ABC1')) seen.push((await world.get(`X26ABC1/inbox/${id}`)).headers);
			for (const id of [refusal(first).messageId, second.json.message_id])
				seen.push((await world.get(`X26ABC1/outbox/tracking?messageID=${String(id)}`)).json);
			expect(JSON.stringify(seen)).not.toMatch(/9990000018|SAMPLE|Sample|19550901/);
		}),
	],
};
