import fc from 'fast-check';
import { LoadOptionsContext } from 'n8n-core';
import type { IDataObject, INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { formatDateOfBirth, gpPracticeAddress, readNhsNumber } from '../../nodes/Mesh/actions/message/recipient';
import { searchMailboxes } from '../../nodes/Mesh/methods';
import { isNhsNumber } from '../../sandbox/store/recipients';
import { errorOf, makeNode, makeWorkflow, outputOf, storedText, makeAdditionalData } from '../engine';
import { cases } from '../support/cases';
import { MESH, startWorld } from './world';
import type { World } from './world';

describe('the fields of the recipient', () => {
	const refused = (parameter: string) => expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter, hint: expect.any(String) });

	describe('NHS numbers', () => {
		test.each([
			['9434765919', '9434765919'],
			['943 476 5919', '9434765919'],
			[' 943-476-5919 ', '9434765919'],
			['9990000042', '9990000042'],
			['0000000000', '0000000000'],
		])('%j is valid', (text, digits) => {
			expect(readNhsNumber(text)).toBe(digits);
		});

		test.each([
			['9434765918'],
			['9434756919'],
			['943476591'],
			['94347659190'],
			['94 34765919'],
			['943476591X'],
			[''],
			['9434765919; 9990000042'],
		])('%j is not', (text) => {
			expect(readNhsNumber(text)).toBeUndefined();
		});

		test('are judged as by the sandbox, which has its own reading of the rule', () => {
			fc.assert(
				fc.property(fc.stringMatching(/^\d{10}$/), (digits) => {
					expect(readNhsNumber(digits) === digits).toBe(isNhsNumber(digits));
				}),
				{ numRuns: cases(2_000) },
			);
		});

		test('one wrong digit, or two neighbours that changed places, are always noticed', () => {
			fc.assert(
				fc.property(fc.stringMatching(/^\d{10}$/).filter(isNhsNumber), fc.nat(9), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
					const wrong = [...digits];
					wrong[at] = String((Number(digits[at]) + by) % 10);
					expect(readNhsNumber(wrong.join(''))).toBeUndefined();
					const [first, second] = [digits[at], digits[at + 1]];
					if (second === undefined || first === second) return;
					expect(readNhsNumber(digits.slice(0, at) + second + first + digits.slice(at + 2))).toBeUndefined();
				}),
			);
		});
	});

	describe('dates of birth', () => {
		test.each([
			['1955-01-09'],
			['19550109'],
			['1955-01-09T00:00:00'],
			['1955-01-09T00:00:00.000Z'],
			['1955-01-09 00:00'],
			[{ toISODate: () => '1955-01-09' }],
		])('%j is understood', (value) => {
			expect(formatDateOfBirth(value, 'YYYYMMDD')).toBe('19550109');
			expect(formatDateOfBirth(value, 'DDMMYYYY')).toBe('09011955');
		});

		test.each([
			['1955-01-08T23:00:00.000Z'],
			['01/31/1955'],
			['31/1/55'],
			['1955-13-01'],
			['1955-02-30'],
			['1955-04-31'],
			['1955-1-9'],
			['55-01-09'],
			['1955-0109'],
			[''],
			[undefined],
			[null],
			[{}],
		])('%j is refused, because a guess could be another day', (value) => expect(formatDateOfBirth(value, 'YYYYMMDD')).toBeUndefined());
	});

	describe('British dates of birth', () => {
		test.each([
			['31/01/1955', '19550131'],
			['13.1.1955', '19550113'],
			['05-05-1955', '19550505'],
		])('%s can be read in one way only', (value, expected) => {
			expect(formatDateOfBirth(value, 'YYYYMMDD')).toBe(expected);
		});

		test.each(['09/01/1955', '1/2/1955'])('%s is refused with the expression that reads it', (dateOfBirth) => {
			expect(() => gpPracticeAddress({ nhsNumber: '943 476 5919', dateOfBirth, surname: 'Smith', dateFormat: 'YYYYMMDD' })).toThrow(
				expect.objectContaining({ parameter: 'dateOfBirth', hint: expect.stringContaining('DateTime.fromFormat') }),
			);
		});

		test('one in the future is refused as such', () => {
			expect(() =>
				gpPracticeAddress({ nhsNumber: '943 476 5919', dateOfBirth: '2999-01-01', surname: 'Smith', dateFormat: 'YYYYMMDD' }),
			).toThrow(/future/);
		});
	});

	describe("the address of a patient's GP practice", () => {
		const patient = { nhsNumber: '943 476 5919', dateOfBirth: '1955-01-09', surname: ' Smith ', dateFormat: 'YYYYMMDD' as const };

		test('is made of number, date of birth and surname', () => {
			expect(gpPracticeAddress(patient)).toBe('GPPROVIDER_9434765919_19550109_Smith');
			expect(gpPracticeAddress({ ...patient, dateFormat: 'DDMMYYYY', surname: "O'Neill-Van Der Berg" })).toBe(
				"GPPROVIDER_9434765919_09011955_O'Neill-Van Der Berg",
			);
		});

		test.each([
			['nhsNumber', '9434765918'],
			['dateOfBirth', '1955-02-30'],
			['surname', 'Smith_Jones'],
			['surname', 'Müller'],
			['surname', '  '],
			['surname', 'S\r\nmex-x: 1'],
			['surname', 'x'.repeat(61)],
		])('refuses a wrong %s without quoting it', (field, value) => {
			const attempt = () => gpPracticeAddress({ ...patient, [field]: value });
			expect(attempt).toThrow(refused(field));
			if (value.trim() !== '') expect(attempt).not.toThrow(expect.objectContaining({ message: expect.stringContaining(value) }));
		});
	});
});

describe('recipients in the engine', () => {
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
});
