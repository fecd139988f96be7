import type { IExecuteFunctions, INodeType } from 'n8n-workflow';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareDescription, execute, makeNode, makeWorkflow, outputOf } from '../engine';
import { readPage, root, section, tables } from './page';

interface Node {
	name: string;
	type: string;
	position: [number, number];
	parameters: { content?: string; width?: number; height?: number; jsCode?: string; mode?: string; operation?: string };
	credentials?: Record<string, { name: string }>;
	onError?: string;
	alwaysOutputData?: boolean;
}

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
	const { nodes } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nodes: Node[] };
	const isNote = ({ type }: Node) => type === 'n8n-nodes-base.stickyNote';
	return { file, nodes: nodes.filter((node) => !isNote(node)), notes: nodes.filter(isNote) };
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

describe.each(examples)('$file', ({ nodes, notes }) => {
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

	const run = async (expression: string, json: object) =>
		await execute(makeWorkflow({ types: { showValue }, nodes: [makeNode('Show', 'showValue', { value: `=${expression}` })] }), {
			start: 'Show',
			items: [{ json: json as Record<string, string> }],
		});

	test.each(recipes)('%s', async (_goal, expression, item, result) => {
		const value = outputOf(await run(expression, JSON.parse(item) as object), 'Show')[0]?.json.value;
		expect(typeof value === 'string' ? value : JSON.stringify(value)).toBe(result);
	});

	test('the reference of a message without a subject is empty, and a file without a name gets one', async () => {
		const [, , keepName, , readReference] = recipes.map(([, expression]) => expression);
		expect(outputOf(await run(readReference, {}), 'Show')[0].json.value).toBe('');
		expect(outputOf(await run(keepName, { messageId: 'A' }), 'Show')[0].json.value).toBe('A-content');
	});

	test('a date that does not exist becomes none, which Send refuses, and not another', async () => {
		expect(outputOf(await run(recipes[0][1], { born: '31/02/1955' }), 'Show')[0].json.value).toBeNull();
	});
});
