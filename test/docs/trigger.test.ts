import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { triggerProperties } from '../../nodes/Mesh/trigger/description';
import { MAXIMUM_REMEMBERED } from '../../nodes/Mesh/trigger/deliveries';
import { redeliveryPause } from '../../nodes/Mesh/trigger/deliveries/delivery';
import { optionDefaults } from '../../nodes/Mesh/trigger/settings';
import { readPage, root, section, tables } from './page';
import { sourcesOf, textsIn } from './sourceTexts';

const page = readPage('docs/trigger.md');
const rows = (heading: string, header: string) =>
	tables(section(page, heading))
		.filter((table) => table.header[0] === header)
		.flatMap((table) => table.rows);
const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);

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
		.map(([cell]) => code(cell)[0]);
	expect(simple.sort()).toEqual(Object.keys(schema.properties).sort());
	const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(section(page, 'What comes out'))?.[1] ?? '') as object;
	expect(Object.keys(example).filter((name) => !simple.includes(name))).toEqual([]);
});

test('the messages at activation are those of the trigger', () => {
	const texts = new Set(sourcesOf('nodes/Mesh/trigger').flatMap(textsIn));
	const quoted = rows('Activation and testing', 'message').map(([cell]) => code(cell)[0]);
	expect(quoted).toHaveLength(3);
	expect(quoted.filter((text) => !texts.has(text))).toEqual([]);
});
