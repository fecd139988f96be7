import type { IDataObject, IExecuteFunctions, INodeType } from 'n8n-workflow';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { examplePatient } from '../../n8n-lab/exampleWorkflows';
import { type Sandbox, startSandbox } from '../../sandbox';
import { bareDescription, execute, makeNode, makeWorkflow, outputOf } from '../engine';
import { GpPracticeStandIn } from '../n8n/standIns/gpPractice';
import { ServiceMailbox } from '../n8n/standIns/serviceMailbox';
import { readPage, root, section, tables } from './page';

/** Puts out what its parameter is for the item. */
const showValue: INodeType = {
	description: {
		...bareDescription,
		name: 'showValue',
		properties: [{ displayName: 'Value', name: 'value', type: 'string', default: '' }],
	},
	async execute(this: IExecuteFunctions) {
		return [[{ json: { value: this.getNodeParameter('value', 0) } }]];
	},
};

/** What n8n makes of an expression for an item. */
async function evaluated(expression: string, json: IDataObject): Promise<unknown> {
	const workflow = makeWorkflow({ types: { showValue }, nodes: [makeNode('Show', 'showValue', { value: expression })] });
	return outputOf(await execute(workflow, { start: 'Show', items: [{ json }] }), 'Show')[0]?.json.value;
}

describe('the examples', () => {
	interface Node {
		name: string;
		type: string;
		position: [number, number];
		parameters: { content?: string; width?: number; height?: number; jsCode?: string; mode?: string; operation?: string };
		credentials?: Record<string, { name: string }>;
		onError?: string;
		alwaysOutputData?: boolean;
	}

	type Connections = Record<string, { main?: Array<Array<{ node: string }> | null> }>;

	interface Box {
		name: string;
		left: number;
		top: number;
		right: number;
		bottom: number;
	}

	/** About what a node takes up on the canvas, its name below it included. */
	const NODE = { width: 100, height: 140 };
	/** More than this is for an operation of the node, not for a workflow. */
	const MOST_LINES = 15;

	const folder = join(root, 'examples');
	const examples = readdirSync(folder).map((file) => {
		const { nodes, connections } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nodes: Node[]; connections: Connections };
		const isNote = ({ type }: Node) => type === 'n8n-nodes-base.stickyNote';
		return { file, nodes: nodes.filter((node) => !isNote(node)), notes: nodes.filter(isNote), connections };
	});

	function boxOf({ name, position: [left, top], parameters: { width = NODE.width, height = NODE.height } }: Node): Box {
		return { name, left, top, right: left + width, bottom: top + height };
	}

	function overlaps(boxes: Box[]): string[] {
		const meet = (one: Box, other: Box) =>
			one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
		return boxes.flatMap((one, at) =>
			boxes
				.slice(at + 1)
				.filter((other) => meet(one, other))
				.map((other) => `${one.name} / ${other.name}`),
		);
	}

	type Point = readonly [x: number, y: number];

	/** What n8n's canvas draws: a node of 96 by 96, its outputs on the right edge one below the other, its input in the middle of the left edge. */
	const SIDE = 96;
	const BETWEEN_OUTPUTS = 32;
	/** How far n8n leads a line round that goes back. */
	const ROUND = { right: 40, below: 130 };

	function outputOfNode({ position: [x, y] }: Node, output: number, outputs: number): Point {
		return [x + SIDE, y + SIDE / 2 + (output - (outputs - 1) / 2) * BETWEEN_OUTPUTS];
	}

	const inputOfNode = ({ position: [x, y] }: Node): Point => [x, y + SIDE / 2];

	/** Points along a line, close to each other: a curve to a node on the right, corners to one on the left. */
	function lineBetween([fromX, fromY]: Point, [toX, toY]: Point): Point[] {
		if (toX < fromX) {
			const [right, below, left] = [fromX + ROUND.right, fromY + ROUND.below, toX - ROUND.right];
			const corners: Point[] = [
				[fromX, fromY],
				[right, fromY],
				[right, below],
				[left, below],
				[left, toY],
				[toX, toY],
			];
			return corners.slice(1).flatMap((corner, at) => steps((t) => between(corners[at], corner, t)));
		}
		const middle = (fromX + toX) / 2;
		const curve = [
			[fromX, fromY],
			[middle, fromY],
			[middle, toY],
			[toX, toY],
		] as const;
		const bend = (t: number, axis: 0 | 1) =>
			(1 - t) ** 3 * curve[0][axis] +
			3 * (1 - t) ** 2 * t * curve[1][axis] +
			3 * (1 - t) * t ** 2 * curve[2][axis] +
			t ** 3 * curve[3][axis];
		return steps((t) => [bend(t, 0), bend(t, 1)]);
	}

	const between = ([x, y]: Point, [toX, toY]: Point, t: number): Point => [x + (toX - x) * t, y + (toY - y) * t];
	const steps = (at: (t: number) => Point) => Array.from({ length: 101 }, (_, step) => at(step / 100));

	/** Lines that run across one of these boxes, other than from or to the box itself. */
	function crossings(nodes: Node[], connections: Connections, boxes: Box[]): string[] {
		const byName = new Map(nodes.map((node) => [node.name, node]));
		return Object.entries(connections).flatMap(([from, { main = [] }]) =>
			main.flatMap((targets, output) =>
				(targets ?? []).flatMap(({ node: to }) => {
					const [source, target] = [byName.get(from), byName.get(to)];
					if (source === undefined || target === undefined) return [`${from} or ${to} does not exist`];
					const line = lineBetween(outputOfNode(source, output, main.length), inputOfNode(target));
					return boxes
						.filter(({ name }) => name !== from && name !== to)
						.filter(({ left, top, right, bottom }) => line.some(([x, y]) => x > left && x < right && y > top && y < bottom))
						.map(({ name }) => `${from} → ${to} crosses ${name}`);
				}),
			),
		);
	}

	describe.each(examples)('$file', ({ nodes, notes, connections }) => {
		test('has no line across a note', () => {
			expect(crossings(nodes, connections, notes.map(boxOf))).toEqual([]);
		});

		test('explains itself in notes, and no note or node lies on another', () => {
			expect(notes.length).toBeGreaterThan(0);
			expect(overlaps([...notes, ...nodes].map(boxOf))).toEqual([]);
		});

		test('has room in each note for its text', () => {
			const linesNeeded = ({ content = '', width = 0 }: Node['parameters']) =>
				content.split('\n').reduce((lines, line) => lines + Math.max(1, Math.ceil((line.length * 6.6) / (width - 40))), 0);
			const tooSmall = notes.filter(({ parameters }) => linesNeeded(parameters) * 19 + 40 > (parameters.height ?? 0));
			expect(tooSmall.map(({ name, parameters }) => `${name}: ${linesNeeded(parameters) * 19 + 40}`)).toEqual([]);
		});

		test('needs no Code node that is long', () => {
			const long = nodes.filter(
				({ parameters }) => (parameters.jsCode ?? '').split('\n').filter((line) => !line.trim().startsWith('//')).length > MOST_LINES,
			);
			expect(long.map(({ name }) => name)).toEqual([]);
		});

		test('loses no message whose XML cannot be read', () => {
			// n8n's XML node drops such an item when it goes on after an error, and stops the workflow when it does not.
			const reading = nodes.filter(({ type, parameters }) => type === 'n8n-nodes-base.xml' && parameters.mode === undefined);
			expect(
				reading
					.filter(({ onError, alwaysOutputData }) => onError !== 'continueRegularOutput' || alwaysOutputData !== true)
					.map(({ name }) => name),
			).toEqual([]);
		});
	});

	describe('the recipes of docs/examples.md, in the expression engine of n8n', () => {
		const [{ rows }] = tables(section(readPage('docs/examples.md'), 'Recipes for expressions'));
		const recipes = rows.map(([goal, ...cells]) => [goal, ...cells.map((cell) => /^`(.*)`$/.exec(cell)?.[1] ?? '')]);

		test.each(recipes)('%s', async (_goal, expression, item, result) => {
			const value = await evaluated(`=${expression}`, JSON.parse(item) as IDataObject);
			expect(typeof value === 'string' ? value : JSON.stringify(value)).toBe(result);
		});

		test('the reference of a message without a subject is empty, and a file without a name gets one', async () => {
			const [, , keepName, , readReference] = recipes.map(([, expression]) => expression);
			expect(await evaluated(`=${readReference}`, {})).toBe('');
			expect(await evaluated(`=${keepName}`, { messageId: 'A' })).toBe('A-content');
		});

		test('a date that does not exist becomes none, which Send refuses, and not another', async () => {
			expect(await evaluated(`=${recipes[0][1]}`, { born: '31/02/1955' })).toBeNull();
		});
	});
});

describe('the message for a GP practice', () => {
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

	/** What the practice finds fault with when the message of the example arrives like this. */
	async function complaintsAbout(change: (xml: string) => string): Promise<string[]> {
		const patient: Record<string, string> = { ...valuesOf('Patient and report'), reference: 'encounter-1' };
		const service = valuesOf('The service');
		const subject = String(await evaluated(service.subject, patient));
		const values = { ...patient, ...service, document: patient.pdf, itkMessageId: randomUUID(), sentAt: '2030-01-07T09:00:00+00:00' };
		const xml = String(await evaluated(valuesOf('Write the message').itk3, values));
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
});
