import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import ts from 'typescript';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { MeshApi } from '../../credentials/MeshApi.credentials';
import type { ConnectionStep } from '../../nodes/Mesh/client/diagnosis';
import { CATALOGUE } from '../../sandbox/errors/catalogue';
import { triggerProperties } from '../../nodes/Mesh/trigger/description';
import { MAXIMUM_REMEMBERED } from '../../nodes/Mesh/trigger/deliveries';
import { redeliveryPause } from '../../nodes/Mesh/trigger/deliveries/delivery';
import { optionDefaults } from '../../nodes/Mesh/trigger/settings';
import { readPage, root, section, tables } from './page';
import { VARIES, sourcesOf, textsIn } from './sourceTexts';

const sources = sourcesOf('nodes/Mesh');
const isBelow =
	(folder: string) =>
	({ fileName }: ts.SourceFile) =>
		fileName.startsWith(`${folder}/`);

/** What a cell has in code. */
const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);

describe('docs/operations.md', () => {
	const page = readPage('docs/operations.md');
	const { properties } = new Mesh().description;

	/** Resource, name and title of each operation, as the editor has them. */
	const operations = properties
		.filter(({ name }) => name === 'operation')
		.flatMap(({ displayOptions, options = [] }) =>
			options.map((option) => [String(displayOptions?.show?.resource?.[0]), String((option as INodePropertyOptions).value), option.name]),
		);

	/** Names in the first column, where several may share a row. */
	const firstCells = (text: string, header: string) =>
		tables(text)
			.filter((table) => table.header[0] === header)
			.flatMap(({ rows }) => rows.flatMap(([cell]) => cell.split(', ')));
	const unique = (texts: string[]) => [...new Set(texts)].sort();

	/** A field that only saved workflows of version 1 have. */
	const isOfVersion1 = (show: NonNullable<INodeProperties['displayOptions']>['show'] = {}) => show['@version']?.[0] === 1;

	/** Titles of the fields that the editor shows for an operation; of the options, those of the collection. */
	function fieldsOf(resource: string, operation: string): { inputs: string[]; options: string[] } {
		const shown = properties.filter(
			({ type, displayOptions: { show = {} } = {} }) =>
				type !== 'notice' && show.resource?.includes(resource) && show.operation?.includes(operation) && !isOfVersion1(show),
		);
		const isOptions = ({ type }: INodeProperties) => type === 'collection';
		return {
			inputs: unique(shown.filter((field) => !isOptions(field)).map(({ displayName }) => displayName)),
			options: unique(
				shown.filter(isOptions).flatMap(({ options = [] }) => options.map((option) => (option as INodeProperties).displayName)),
			),
		};
	}

	/** The only example under an operation's heading. */
	function exampleOf(title: string): object {
		const blocks = [...section(page, title).matchAll(/```json\n([\s\S]*?)```/g)];
		expect(blocks.length).toBe(1);
		return JSON.parse(blocks[0][1]) as object;
	}

	/**
	 * What the page says comes out: each field, several of which may share a row, and whether it does so simplified. Where it has no
	 * table, the example has every field.
	 */
	function outputsOf(title: string): Array<{ name: string; isSimple: boolean }> {
		const shared: Record<string, string> = { Reply: 'Send', Download: 'Get Headers' };
		const outputTables = [title, ...(shared[title] === undefined ? [] : [shared[title]])].map((heading) => ({
			heading,
			found: tables(section(page, heading)).filter(({ header }) => header[0] === 'output'),
		}));
		if (outputTables.every(({ found }) => found.length === 0))
			return Object.keys(exampleOf(title)).map((name) => ({ name, isSimple: true }));
		return outputTables.flatMap(({ heading, found }) =>
			found.flatMap(({ header, rows }) =>
				rows.flatMap(([names, simple]) =>
					code(names).map((name) => ({
						name,
						isSimple: header[1] !== 'simple' || (simple !== '' && (simple !== 'here' || heading === title)),
					})),
				),
			),
		);
	}

	describe.each(operations)('%s: %s', (resource, operation, title) => {
		test('every field of the editor is in the page, and no other', () => {
			const { inputs } = fieldsOf(resource, operation);
			expect(unique(firstCells(section(page, title), 'input'))).toEqual(inputs);
		});

		test('every option of the editor is in the page, and no other', () => {
			const { options } = fieldsOf(resource, operation);
			const own = firstCells(section(page, title), 'option');
			const shared =
				title === 'Reply' ? firstCells(section(page, 'Options of Send and Reply'), 'option').filter((name) => name !== 'Local ID') : [];
			expect(unique([...own, ...shared])).toEqual(options);
		});

		test('the fields that come out are those of the schema', () => {
			const schema = JSON.parse(readFileSync(join(root, 'nodes/Mesh/__schema__/v1.1.0', resource, `${operation}.json`), 'utf8')) as {
				properties: object;
			};
			const outputs = outputsOf(title);
			expect(unique(outputs.filter(({ isSimple }) => isSimple).map(({ name }) => name))).toEqual(unique(Object.keys(schema.properties)));
		});

		test('its example holds documented fields that come out', () => {
			const names = outputsOf(title)
				.filter(({ isSimple }) => isSimple)
				.map(({ name }) => name);
			const example = exampleOf(title);
			expect(Object.keys(example).length).toBeGreaterThan(0);
			expect(Object.keys(example).filter((name) => !names.includes(name))).toEqual([]);
		});
	});

	test('every code of an error is there, and no other', () => {
		const [{ rows }] = tables(section(page, 'Errors'));
		expect(unique(rows.flatMap(([cell]) => code(cell)))).toEqual(unique(unionNamed('MeshErrorCode')));
	});

	/** The texts that a type of the client allows. */
	function unionNamed(typeName: string): string[] {
		const texts: string[] = [];
		const visit = (node: ts.Node): void => {
			if (ts.isTypeAliasDeclaration(node) && node.name.text === typeName && ts.isUnionTypeNode(node.type)) {
				for (const { literal } of node.type.types.filter(ts.isLiteralTypeNode)) if (ts.isStringLiteral(literal)) texts.push(literal.text);
			}
			ts.forEachChild(node, visit);
		};
		sources.filter(isBelow('nodes/Mesh/client')).forEach(visit);
		return texts;
	}
});

describe('docs/credential.md', () => {
	const page = readPage('docs/credential.md');

	const rows = (heading: string) => tables(section(page, heading)).flatMap((table) => table.rows);

	test('every field of the credential is explained, in the order of the editor, and no other', () => {
		const names = new MeshApi().properties.map(({ displayName }) => displayName);
		expect(rows('Fields').map(([name]) => name)).toEqual([...new Set(names)]);
	});

	test('the words of MESH are those of the local MESH', () => {
		const words = new Set<string>(Object.values(CATALOGUE).map(({ text }) => text));
		const quoted = rows('MESH answers with an error').flatMap(([cell]) => code(cell));
		expect(quoted.length).toBeGreaterThan(4);
		expect(quoted.filter((text) => !words.has(text))).toEqual([]);
	});

	test('every step of Check Connection is explained', () => {
		const steps: Record<ConnectionStep, true> = {
			credential: true,
			clientCertificate: true,
			connection: true,
			serverCertificate: true,
			handshake: true,
			inbox: true,
		};
		expect(
			rows('When something does not work')
				.map(([cell]) => code(cell)[0])
				.slice(0, 6),
		).toEqual(Object.keys(steps));
	});
});

describe('docs/trigger.md', () => {
	const page = readPage('docs/trigger.md');
	const rows = (heading: string, header: string) =>
		tables(section(page, heading))
			.filter((table) => table.header[0] === header)
			.flatMap((table) => table.rows);

	const fields = triggerProperties.filter(({ type }) => type !== 'notice' && type !== 'hidden');
	const options = (fields.find(({ name }) => name === 'options')?.options ?? []) as INodeProperties[];

	/** A default as the editor shows it. */
	function shownDefault({ default: value, options: choices }: INodeProperties): string {
		const choice = (choices as INodePropertyOptions[] | undefined)?.find((one) => one.value === value)?.name;
		return choice ?? (value === true ? 'on' : String(value));
	}

	test('the page has every field with its default, in the order of the editor', () => {
		const expected = fields.filter(({ name }) => name !== 'options').map((field) => [field.displayName, shownDefault(field)]);
		expect(rows('Fields', 'field').map(([name, value]) => [name, value.replaceAll('`', '')])).toEqual(expected);
	});

	test('the page has every option with its default, in the order of the editor', () => {
		expect(rows('Fields', 'option').map(([name, value]) => [name, value])).toEqual(
			options.map((field) => [field.displayName, shownDefault(field)]),
		);
	});

	test('the policies are those of the field, in its order', () => {
		const choices = fields.find(({ name }) => name === 'acknowledge')?.options as INodePropertyOptions[];
		expect(rows('When a message is acknowledged', 'policy').map(([name]) => name)).toEqual(choices.map(({ name }) => name));
	});

	test('the numbers in the text are those of the code', () => {
		const pauses = [1, 2, 3, 4].map((failures) => redeliveryPause(failures, { pauseMs: optionDefaults.redeliveryPause * 60_000 }) / 60_000);
		expect(section(page, 'When a workflow fails')).toContain(
			`after ${pauses[0]} minutes, then ${pauses.slice(1, 3).join(', ')}, ${pauses[3]}`,
		);
		expect(page).toContain(`${MAXIMUM_REMEMBERED.toLocaleString('en-GB')} messages`);
	});

	test('the fields that come out are those of the schema', () => {
		const schema = JSON.parse(readFileSync(join(root, 'nodes/Mesh/__schema__/v1.1.0.json'), 'utf8')) as { properties: object };
		const headers = tables(section(readPage('docs/operations.md'), 'Get Headers'))
			.filter((table) => table.header[0] === 'output')
			.flatMap((table) => table.rows);
		const simple = [...headers, ...rows('What comes out', 'output')]
			.filter(([, isSimple]) => isSimple !== '' && isSimple !== 'here')
			.flatMap(([cell]) => code(cell))
			.filter((name) => name !== 'isReport');
		expect(simple.sort()).toEqual(Object.keys(schema.properties).sort());
		const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(section(page, 'What comes out'))?.[1] ?? '') as object;
		expect(Object.keys(example).filter((name) => !simple.includes(name))).toEqual([]);
	});

	test('the messages at activation are those of the trigger', () => {
		const texts = new Set(sources.filter(isBelow('nodes/Mesh/trigger')).flatMap(textsIn));
		const quoted = rows('Publishing and testing', 'message').map(([cell]) => code(cell)[0]);
		expect(quoted).toHaveLength(3);
		expect(quoted.filter((text) => !texts.has(text))).toEqual([]);
	});
});

test('docs/when-it-goes-wrong.md: each title that is quoted is one that the nodes have', () => {
	const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	const titles = [...new Set(sources.flatMap(textsIn))]
		.filter((text) => text.replaceAll(VARIES, '').trim().length > 20)
		.map((text) => new RegExp(`${text.split(VARIES).map(escaped).join('.+')}$`));
	const [{ rows }] = tables(readPage('docs/when-it-goes-wrong.md'));
	const quoted = rows.flatMap(([cell]) => code(cell)).filter((text) => text.includes(' '));
	expect(quoted.length).toBeGreaterThan(8);
	// Those that tables of the code put together are on the page of errors.
	const listed = readPage('docs/errors.md');
	const unknown = quoted.filter(
		(text) => !listed.includes(text.replace(/^Could not …: /, '')) && !titles.some((title) => title.test(text)),
	);
	expect(unknown).toEqual([]);
});
