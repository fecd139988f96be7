import { LoadOptionsContext } from 'n8n-core';
import type { IDataObject, INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { searchMailboxes } from '../../nodes/Mesh/methods/searchMailboxes';
import { errorOf, makeNode, makeWorkflow, outputOf, storedText } from '../engine';
import { makeAdditionalData } from '../engine/additionalData';
import { MESH, startWorld, type World } from './world';

const patients = [{ nhsNumber: '9434765919', dateOfBirth: '19550109', surname: 'Testpatient', mailboxes: ['X26ABC3'] }];
let world: World;
beforeAll(async () => {
	world = await startWorld({ behaviour: { patients } });
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

const send = (more: IDataObject): IDataObject => ({
	resource: 'message',
	operation: 'send',
	workflowId: 'TEST_WORKFLOW',
	contentFrom: 'text',
	text: 'hello',
	options: {},
	...more,
});
const senders = () => world.sandbox.requests.filter(({ call }) => call === 'send');

describe('the recipient of Send', () => {
	test.each<[string, IDataObject]>([
		['a mailbox ID', { to: { __rl: true, mode: 'id', value: 'X26ABC2' } }],
		['a mailbox from the list', { to: { __rl: true, mode: 'list', value: 'X26ABC2', cachedResultName: 'TESTMB2 (X26ABC2)' } }],
		['an expression', { to: { __rl: true, mode: 'id', value: '={{ $json.mailbox }}' } }],
		['plain text, as an expression for the whole field gives', { to: 'X26ABC2' }],
	])('can be %s', async (_what, more) => {
		const [item] = await world.output(send(more), { items: [{ json: { mailbox: 'X26ABC2' } }] });
		expect(item?.json).toMatchObject({ to: 'X26ABC2' });
		expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
	});

	test.each<[string, IDataObject]>([
		['empty', { to: { __rl: true, mode: 'id', value: '={{ $json.nothing }}' } }],
		['empty as plain text', { to: '={{ "" }}' }],
		['of an unknown kind', { sendTo: '={{ "everybody" }}', to: 'X26ABC2', nhsNumber: '1', dateOfBirth: '1', surname: 'x' }],
	])('%s is refused before anything is sent', async (_what, more) => {
		const error = errorOf(await world.run(send(more)));
		expect(error.message).toMatch(/Recipient|Send To/);
		expect(world.sandbox.requests).toHaveLength(0);
	});
});

describe("sending to a patient's GP practice", () => {
	const toPractice = (more: IDataObject = {}) =>
		send({
			sendTo: 'gpPractice',
			nhsNumber: '={{ $json.nhs }}',
			dateOfBirth: '={{ $json.birth }}',
			surname: '={{ $json.surname }}',
			...more,
		});
	const items = [{ json: { nhs: '943 476 5919', birth: '1955-01-09', surname: 'Testpatient' } }];

	test.each(['YYYYMMDD', 'DDMMYYYY'])('reaches the mailbox of the practice, with the date as %s', async (dateFormat) => {
		const [item] = await world.output(toPractice({ dateFormat }), { items });
		expect(world.sandbox.messagesTo('X26ABC3')).toHaveLength(1);
		expect(item?.json).toMatchObject({ messageId: expect.any(String), to: 'GPPROVIDER (hidden)' });
	});

	test('leaves no patient data in what the node puts out, logs or stores', async () => {
		const good = await world.run(toPractice(), { items, node: { onError: 'continueRegularOutput' } });
		expect(JSON.stringify(outputOf(good, 'MESH'))).not.toMatch(/9434765919|19550109|Testpatient/i);
		const unknown = await world.run(toPractice({ surname: 'Nobody Inparticular' }), { items });
		expect(storedText(unknown).replaceAll(JSON.stringify(items[0]?.json), '')).not.toMatch(/GPPROVIDER_|9434765919|Inparticular[^"]/i);
		world.sandbox.arm({
			call: 'send',
			fault: {
				kind: 'status',
				status: 400,
				body: '{"detail":[{"event":"SEND","code":"x","msg":"cannot route GPPROVIDER_9434765919_19550109_Nobody Inparticular"}]}',
			},
		});
		const refused = errorOf(await world.run(toPractice({ surname: 'Nobody Inparticular' }), { items }));
		expect(`${refused.message} ${String(refused.description)}`).toMatch(/cannot route \[hidden\]/);
	});

	test.each<[string, IDataObject, RegExp]>([
		['an NHS number with a typing error', { nhsNumber: '943 476 5918' }, /NHS number is not valid/],
		['a date in another order', { dateOfBirth: '09/01/1955' }, /date of birth/],
		['a surname with an accent', { surname: 'Müller' }, /surname/],
	])('refuses %s before anything is sent, without quoting it', async (_what, more, message) => {
		const error = errorOf(await world.run(toPractice(more), { items }));
		expect(error.message).toMatch(message);
		expect(`${error.message} ${String(error.description)}`).not.toMatch(/5918|09\/01|Müller/);
		expect(senders()).toHaveLength(0);
	});
});

describe('the list of recipients in the editor', () => {
	/** What the list shows for a search text, as n8n's server asks for it. */
	async function list(parameters: INodeParameters, filter?: string): Promise<INodeListSearchResult> {
		const node = makeNode('MESH', MESH, parameters as IDataObject);
		const workflow = makeWorkflow({ types: { [MESH]: new Mesh() }, nodes: [node], credentials: world.credentials });
		const additional = { ...makeAdditionalData(workflow, 'internal'), currentNodeParameters: parameters };
		return await searchMailboxes.call(new LoadOptionsContext(workflow.workflow, node, additional, 'parameters.to'), filter);
	}
	const values = ({ results }: INodeListSearchResult) => results.map(({ value }) => value);

	test('is known to the node under the name that the field gives', () => {
		expect(Object.keys(new Mesh().methods.listSearch)).toEqual(['searchMailboxes']);
	});

	test('holds the mailboxes of the workflow, with their names', async () => {
		const found = await list({ workflowId: 'TEST_WORKFLOW2' });
		expect(values(found).sort()).toEqual(['X26ABC1', 'X26ABC2', 'X26ABC3']);
		expect(found.results[0]?.name).toMatch(/ \(X26ABC\d\)$/);
	});

	test.each([
		['abc2', ['X26ABC2']],
		['testmb3', ['X26ABC3']],
		['X26', ['X26ABC1', 'X26ABC2', 'X26ABC3']],
		['x27', ['X26ABC3']],
		['nothing like it', []],
	])('a search for %j looks at ID and name, and at the ODS code of the organisation', async (filter, expected) =>
		expect(values(await list({ workflowId: 'TEST_WORKFLOW2' }, filter)).sort()).toEqual(expected),
	);

	test('tells a mistyped workflow ID from an organisation without a mailbox for it', async () => {
		await expect(list({ workflowId: 'TEST_WORKFLOWX' }, 'X26')).rejects.toMatchObject({
			message: 'No mailbox is registered for the workflow ID TEST_WORKFLOWX',
			description: expect.stringMatching(/spelling/),
		});
		await expect(list({ workflowId: 'TEST_WORKFLOW2' }, 'RX1')).rejects.toMatchObject({
			message: expect.stringMatching(/^No mailbox for the workflow ID TEST_WORKFLOW2 has 'RX1' in its name or ID, and no organisation/),
			description: expect.stringMatching(/ask the organisation/),
		});
	});

	// n8n gives null for an expression that it cannot resolve yet.
	test.each([
		['', /mailbox ID.*run the previous nodes/],
		[null, /mailbox ID.*run the previous nodes/],
		['={{ $json.workflow }}', /mailbox ID/],
	])('with the workflow ID %j it says what to do instead', async (workflowId, advice) => {
		await expect(list({ workflowId })).rejects.toMatchObject({
			message: expect.stringMatching(/workflow ID/),
			description: expect.stringMatching(advice),
		});
		expect(world.sandbox.requests).toHaveLength(0);
	});
});
