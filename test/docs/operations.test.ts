import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import ts from 'typescript';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { readPage, root, section, tables } from './page';
import { sourcesOf } from './sourceTexts';

const page = readPage('docs/operations.md');
const { properties } = new Mesh().description;

/** Resource, name and title of each operation, as the editor has them. */
const operations = properties
	.filter(({ name }) => name === 'operation')
	.flatMap(({ displayOptions, options = [] }) =>
		options.map((option) => [String(displayOptions?.show?.resource?.[0]), String((option as INodePropertyOptions).value), option.name]),
	);

const firstCells = (text: string, header: string) =>
	tables(text)
		.filter((table) => table.header[0] === header)
		.flatMap(({ rows }) => rows.map(([cell]) => cell));
const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
const unique = (texts: string[]) => [...new Set(texts)].sort();

/** Titles of the fields that the editor shows for an operation; of the options, those of the collection. */
function fieldsOf(resource: string, operation: string): { inputs: string[]; options: string[] } {
	const shown = properties.filter(
		({ type, displayOptions: { show = {} } = {} }) =>
			type !== 'notice' && show.resource?.includes(resource) && show.operation?.includes(operation),
	);
	const isOptions = ({ name, type }: INodeProperties) => name === 'options' && type === 'collection';
	return {
		inputs: unique(shown.filter((field) => !isOptions(field)).map(({ displayName }) => displayName)),
		options: unique(
			shown.filter(isOptions).flatMap(({ options = [] }) => options.map((option) => (option as INodeProperties).displayName)),
		),
	};
}

/** What the page says comes out: each field, and whether it does so simplified. */
function outputsOf(title: string): Array<{ name: string; isSimple: boolean }> {
	const shared: Record<string, string> = { Reply: 'Send', Download: 'Get Headers' };
	return [title, ...(shared[title] === undefined ? [] : [shared[title]])].flatMap((heading) =>
		tables(section(page, heading))
			.filter(({ header }) => header[0] === 'output')
			.flatMap(({ header, rows }) =>
				rows.map(([name, simple]) => ({
					name: code(name)[0],
					isSimple: header[1] !== 'simple' || (simple !== '' && (simple !== 'here' || heading === title)),
				})),
			),
	);
}

describe.each(operations)('%s: %s', (resource, operation, title) => {
	test('every field of the editor is in the page, and no other', () => {
		const { inputs } = fieldsOf(resource, operation);
		expect(unique(firstCells(section(page, title), 'input').flatMap((cell) => cell.split(', ')))).toEqual(inputs);
	});

	test('every option of the editor is in the page, and no other', () => {
		const { options } = fieldsOf(resource, operation);
		const own = firstCells(section(page, title), 'option');
		const shared =
			title === 'Reply' ? firstCells(section(page, 'Options of Send and Reply'), 'option').filter((name) => name !== 'Local ID') : [];
		expect(unique([...own, ...shared])).toEqual(options);
	});

	test('the fields that come out are those of the schema', () => {
		const schema = JSON.parse(readFileSync(join(root, 'nodes/Mesh/__schema__/v1.0.0', resource, `${operation}.json`), 'utf8')) as {
			properties: object;
		};
		const outputs = outputsOf(title);
		expect(unique(outputs.filter(({ isSimple }) => isSimple).map(({ name }) => name))).toEqual(unique(Object.keys(schema.properties)));
	});

	test('its example holds documented fields that come out', () => {
		const names = outputsOf(title)
			.filter(({ isSimple }) => isSimple)
			.map(({ name }) => name);
		const blocks = [...section(page, title).matchAll(/```json\n([\s\S]*?)```/g)];
		expect(blocks.length).toBe(1);
		const example = JSON.parse(blocks[0][1]) as object;
		expect(Object.keys(example).length).toBeGreaterThan(0);
		expect(Object.keys(example).filter((name) => !names.includes(name))).toEqual([]);
	});
});

describe('the errors', () => {
	const rows = tables(section(page, 'Errors')).map((table) =>
		table.rows.flatMap(([cell]) => (code(cell).length > 0 ? code(cell) : cell.split(', '))),
	);

	test('every code of an error is there, and no other', () => {
		expect(unique(rows[0])).toEqual(unique(unionNamed('MeshErrorCode')));
	});

	test('every status and every code of MESH that the nodes explain is there, and no other', () => {
		expect(unique(rows[1])).toEqual(unique(keysOf('HINTS')));
		expect(unique(rows[2])).toEqual(unique(keysOf('CODE_HINTS')));
	});
});

/** Names in a table of the sources. */
function keysOf(tableName: string): string[] {
	const names: string[] = [];
	visitAll((node) => {
		if (
			ts.isVariableDeclaration(node) &&
			ts.isIdentifier(node.name) &&
			node.name.text === tableName &&
			node.initializer !== undefined &&
			ts.isObjectLiteralExpression(node.initializer)
		) {
			for (const { name } of node.initializer.properties) if (name !== undefined && 'text' in name) names.push(String(name.text));
		}
	});
	return names;
}

/** The texts that a type of the sources allows. */
function unionNamed(typeName: string): string[] {
	const texts: string[] = [];
	visitAll((node) => {
		if (ts.isTypeAliasDeclaration(node) && node.name.text === typeName && ts.isUnionTypeNode(node.type)) {
			for (const { literal } of node.type.types.filter(ts.isLiteralTypeNode)) if (ts.isStringLiteral(literal)) texts.push(literal.text);
		}
	});
	return texts;
}

function visitAll(see: (node: ts.Node) => void): void {
	const visit = (node: ts.Node): void => {
		see(node);
		ts.forEachChild(node, visit);
	};
	for (const source of sourcesOf('nodes/Mesh/client')) visit(source);
}
