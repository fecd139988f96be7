import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import ts from 'typescript';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { MeshApi } from '../../credentials/MeshApi.credentials';
import { NETWORK_CAUSES, networkCauseOf } from '../../nodes/Mesh/client/http/networkErrors';
import type { ConnectionStep } from '../../nodes/Mesh/client/diagnosis/checkConnection';
import { CATALOGUE } from '../../sandbox/errors/catalogue';
import { triggerProperties } from '../../nodes/Mesh/trigger/description';
import { MAXIMUM_REMEMBERED } from '../../nodes/Mesh/trigger/deliveries';
import { redeliveryPause } from '../../nodes/Mesh/trigger/deliveries/delivery';
import { optionDefaults } from '../../nodes/Mesh/trigger/settings';
import { readPage, root, section, tables } from './page';
import { VARIES, argumentsOf, firstTextsOfTable, sourcesOf, textsIn } from './sourceTexts';

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

	const firstCells = (text: string, header: string) =>
		tables(text)
			.filter((table) => table.header[0] === header)
			.flatMap(({ rows }) => rows.map(([cell]) => cell));
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

	/** What the page says comes out: each field, several of which may share a row, and whether it does so simplified. */
	function outputsOf(title: string): Array<{ name: string; isSimple: boolean }> {
		const shared: Record<string, string> = { Reply: 'Send', Download: 'Get Headers' };
		return [title, ...(shared[title] === undefined ? [] : [shared[title]])].flatMap((heading) =>
			tables(section(page, heading))
				.filter(({ header }) => header[0] === 'output')
				.flatMap(({ header, rows }) =>
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
			expect(unique(rows[1])).toEqual(unique(keysOf('STATUS_ADVICE')));
			expect(unique(rows[2])).toEqual(unique(keysOf('CODE_ADVICE')));
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
		for (const source of sources.filter(isBelow('nodes/Mesh/client'))) visit(source);
	}
});

describe('docs/credential.md', () => {
	const page = readPage('docs/credential.md');
	const everyText = new Set(sources.flatMap(textsIn));

	const rows = (heading: string) => tables(section(page, heading)).flatMap((table) => table.rows);
	const messages = (heading: string) => rows(heading).flatMap(([cell]) => code(cell));

	const CONNECTION_SECTIONS = ['No connection', 'The server is not trusted', 'Your certificate is refused'];

	test('every field of the credential is explained, in the order of the editor, and no other', () => {
		const names = new MeshApi().properties.map(({ displayName }) => displayName);
		expect(rows('Fields').map(([name]) => name)).toEqual([...new Set(names)]);
	});

	describe('messages about a field', () => {
		const quoted = messages('A field is wrong');

		test('each is one that the nodes have', () => {
			expect(quoted.length).toBeGreaterThan(35);
			expect(quoted.filter((text) => !everyText.has(text) && !everyText.has(text.replace(`${VARIES} `, '')))).toEqual([]);
		});

		test('all that the nodes have are there', () => {
			const raised = sources.flatMap((source) => [
				...argumentsOf(source, 'invalidCredential', 1),
				...firstTextsOfTable(source, 'MISTAKEN').map((text) => `${VARIES} ${text}`),
			]);
			// Where a table completes the sentence, its texts are looked for instead.
			const whole = raised.filter((text) => !/^The (\S+ )?\S+ …$|^…$/.test(text) && text.includes(' '));
			expect(whole.length).toBeGreaterThan(35);
			expect(whole.filter((text) => !quoted.includes(text) && !text.startsWith('The private key …'))).toEqual([]);
		});
	});

	describe('messages about a connection', () => {
		test.each(CONNECTION_SECTIONS)('%s: each text is what the nodes say to its codes', (heading) => {
			for (const [message, codes] of rows(heading)) {
				const [text] = code(message);
				const known = code(codes).filter((one) => Object.hasOwn(NETWORK_CAUSES, one));
				for (const one of known) expect([one, networkCauseOf(one).text]).toEqual([one, text]);
				if (known.length === 0) expect([text, [...everyText].some((one) => one.includes(text))]).toEqual([text, true]);
			}
		});

		test('every code that the nodes explain is there', () => {
			const quoted = new Set(CONNECTION_SECTIONS.flatMap((heading) => rows(heading).flatMap(([, codes]) => code(codes))));
			expect(Object.keys(NETWORK_CAUSES).filter((one) => !quoted.has(one))).toEqual([]);
		});

		test('the sentence that introduces them is the one that the nodes begin with', () => {
			expect(everyText).toContain('validate the mailbox');
			expect([...everyText].some((text) => text.startsWith(`Could not ${VARIES}: ${VARIES} answered ${VARIES}`))).toBe(true);
		});
	});

	test('the words of MESH are those of the local MESH', () => {
		const words = new Set<string>(Object.values(CATALOGUE).map(({ text }) => text));
		const quoted = rows('MESH answers with an error').flatMap(([, cell]) => code(cell));
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

	const fields = triggerProperties.filter(({ type }) => type !== 'notice');
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
		const schema = JSON.parse(readFileSync(join(root, 'nodes/Mesh/__schema__/v1.0.0.json'), 'utf8')) as { properties: object };
		const headers = tables(section(readPage('docs/operations.md'), 'Get Headers'))
			.filter((table) => table.header[0] === 'output')
			.flatMap((table) => table.rows);
		const simple = [...headers, ...rows('What comes out', 'output')]
			.filter(([, isSimple]) => isSimple !== '' && isSimple !== 'here')
			.flatMap(([cell]) => code(cell));
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
