import { randomUUID } from 'node:crypto';
import type { IExecuteFunctions, INodeType } from 'n8n-workflow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examplePatient } from '../../n8n-lab/exampleWorkflows';
import { startSandbox, type Sandbox } from '../../sandbox';
import { bareDescription, execute, makeNode, makeWorkflow, outputOf } from '../engine';
import { GpPracticeStandIn } from '../n8n/standIns/gpPractice';
import { ServiceMailbox } from '../n8n/standIns/serviceMailbox';
import { root } from './page';

// The template of the example's ITK3 message, and that the practice in the tests of real n8n would notice what is not as published.

let sandbox: Sandbox;
let practiceMailbox: ServiceMailbox;
let sender: ServiceMailbox;
beforeAll(async () => {
	sandbox = await startSandbox();
	practiceMailbox = new ServiceMailbox(sandbox, 'X26ABC3');
	sender = new ServiceMailbox(sandbox, 'X26ABC1');
});
afterAll(async () => {
	practiceMailbox.close();
	sender.close();
	await sandbox.close();
});

interface Assignments {
	assignments: Array<{ name: string; value: string }>;
}
const { nodes } = JSON.parse(readFileSync(join(root, 'examples/send-document-to-gp.json'), 'utf8')) as {
	nodes: Array<{ name: string; parameters: { assignments: Assignments } }>;
};
const valuesOf = (name: string): Record<string, string> =>
	Object.fromEntries(
		nodes.find((node) => node.name === name)!.parameters.assignments.assignments.map(({ name: key, value }) => [key, value]),
	);

/** Puts out what its parameter is for the item. */
const showValue: INodeType = {
	description: {
		...bareDescription,
		name: 'showValue',
		properties: [{ displayName: 'Value', name: 'value', type: 'string', default: '' }],
	},
	async execute(this: IExecuteFunctions) {
		return [[{ json: { value: this.getNodeParameter('value', 0) as string } }]];
	},
};

async function evaluated(expression: string, json: Record<string, string>): Promise<string> {
	const workflow = makeWorkflow({ types: { showValue }, nodes: [makeNode('Show', 'showValue', { value: expression })] });
	return String(outputOf(await execute(workflow, { start: 'Show', items: [{ json }] }), 'Show')[0].json.value);
}

/** What the practice finds fault with when the message of the example arrives like this. */
async function complaintsAbout(change: (xml: string) => string): Promise<string[]> {
	const patient: Record<string, string> = { ...valuesOf('Patient and report'), reference: 'encounter-1' };
	const service = valuesOf('The service');
	const subject = await evaluated(service.subject, patient);
	const values = { ...patient, ...service, document: patient.pdf, itkMessageId: randomUUID(), sentAt: '2030-01-07T09:00:00+00:00' };
	const xml = await evaluated(valuesOf('Write the message').itk3, values);
	const practice = new GpPracticeStandIn(practiceMailbox, examplePatient);
	await sender.send('X26ABC3', service.workflowId, change(xml), { subject, localId: patient.odsCode });
	await practice.work('accepted');
	return practice.complaints;
}

test('the message is as published, as far as it is', async () => {
	expect(await complaintsAbout((xml) => xml)).toEqual([]);
});

test.each<[string, string | RegExp, string]>([
	['a byte order mark', '<Bundle xmlns', '\uFEFF<Bundle xmlns'],
	['no profile of the message', 'ITK-Message-Bundle-1', 'Other'],
	['no profile of the header', 'ITK-MessageHeader-2', 'Other'],
	['no profile of the sender', 'CareConnect-ITK-Header-Organization-1', 'Other'],
	['no profile of the document', 'ITK-Document-Bundle-1', 'Other'],
	['no identifier of the message', /<identifier><system value="https:\/\/tools[^>]+><value[^>]+><\/identifier>/, ''],
	['a flag that is missing', 'url="InfAckRequested"', 'url="Other"'],
	['no acknowledgement asked for', 'valueBoolean value="true"', 'valueBoolean value="false"'],
	['a recipient for information', 'code value="FA"', 'code value="FI"'],
	['another message definition', 'ITK-GPConnectSendDocument-MessageDefinition-1', 'Other'],
	['another local extension', 'SendDocument-ConsultationReport', 'Other'],
	['another event', 'ITK007C', 'ITK003D'],
	['a time without an offset', 'timestamp value="2030-01-07T09:00:00+00:00"', 'timestamp value="2030-01-07T09:00:00"'],
	['the endpoint of another mailbox', '<endpoint value="X26ABC1"', '<endpoint value="X26ABC2"'],
	['a destination, which is not used', '<sender>', '<destination><endpoint value="x"/></destination><sender>'],
	['a sender that is not in it', /<sender><reference value="urn:uuid:[^"]+"/, '<sender><reference value="urn:uuid:other"'],
	['an author that is not in it', /<author><reference value="urn:uuid:[^"]+"/, '<author><reference value="urn:uuid:other"'],
	['a full URL of another ID', /<fullUrl value="urn:uuid:([^"]+)07"/, '<fullUrl value="urn:uuid:$117"'],
	['elements in another order', /(<title[^>]+>)(<confidentiality[^>]+>)/, '$2$1'],
	['another confidentiality', 'confidentiality value="N"', 'confidentiality value="V"'],
	['a draft', 'status value="final"', 'status value="preliminary"'],
	['a type that is not of SNOMED', 'http://snomed.info/sct', 'http://example.org'],
	['another NHS number', '9990000042', '9990000050'],
	['another date of birth', '1955-01-09', '1955-09-01'],
	['another surname', '<family value="Testpatient"', '<family value="Other"'],
	['what is no PDF', 'application/pdf', 'text/plain'],
])('%s is noticed', async (_what, found, replacement) => {
	const complaints = await complaintsAbout((xml) => {
		const changed = xml.replace(found, replacement);
		expect(changed).not.toBe(xml);
		return changed;
	});
	expect(complaints).not.toEqual([]);
});
