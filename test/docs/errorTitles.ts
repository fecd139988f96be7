import ts from 'typescript';
import { NETWORK_CAUSES, STALLS } from '../../nodes/Mesh/client/http/networkErrors';
import { OTHER_STORAGE_CAUSE, STORAGE_CAUSES } from '../../nodes/Mesh/client/storage';
import { CODE_ADVICE, FOREIGN_ADVICE, OTHER_ADVICE, STATUS_ADVICE } from '../../nodes/Mesh/client/statusAdvice';
import type { Advice } from '../../nodes/Mesh/client/statusAdvice';
import { CONNECTION_ADVICE } from '../../nodes/Mesh/transport/nodeErrors';
import { sourcesOf, VARIES } from './sourceTexts';

/** The tables of docs/errors.md by their heading, as the code has them. */
export interface ErrorTable {
	header: string[];
	rows: string[][];
}

const shown = (text: string) => text.replace(/\{\w+\}/g, VARIES);

const CLOSED = "in the credential's test and Check Connection, when the server closed the connection";
/** Between the titles of one cell. */
const LINE = '<br>';

function adviceRows(answer: string, rows: readonly Advice[]): string[][] {
	return rows.map(({ when, titles, todo }) => [[answer, when].filter(Boolean).join(', '), titles.map(shown).join(LINE), shown(todo)]);
}

/** Where an error is made, and what completes its text. */
interface Maker {
	name: string;
	title: number;
	prefix?: string;
	/** Its advice: an argument, or the property of an object. */
	todo: number | { argument: number; property: string } | string;
}

const OF_INPUT: Maker[] = [{ name: 'invalidInput', title: 1, todo: 2 }];
const OF_CREDENTIAL: Maker[] = [{ name: 'invalidCredential', title: 1, todo: 2 }];
const DOWNLOADED_AGAIN =
	'Nothing of it was acknowledged, so it can be downloaded again. If it happens again, something on the way damages the data, or the sender split the message wrongly.';
const IN_FRONT =
	'What answers there may not be MESH, or something in between changes the answer. Check the base URL and the proxy settings.';
const RAISE = `Raise the limit on ${VARIES} if such messages are expected${VARIES}; otherwise ask the sender about the message.`;
const MIXED = 'Something between here and MESH mixes answers up, or changes them. Check proxies and caches on the way.';
const OF_TRANSFER: Maker[] = [
	{ name: 'MeshError', title: 0, todo: { argument: 1, property: 'hint' } },
	{ name: 'unreadable', title: 1, prefix: `The content of message ${VARIES} `, todo: 2 },
	{ name: '#limitError', title: 0, prefix: 'Could not download the message: ', todo: RAISE },
	{ name: 'integrityError', title: 1, prefix: 'Could not download the message: ', todo: DOWNLOADED_AGAIN },
	{ name: 'notFromMesh', title: 0, prefix: `Could not ${VARIES}: something in front of MESH answered, `, todo: IN_FRONT },
	{ name: 'contradiction', title: 0, prefix: `Could not ${VARIES}: `, todo: MIXED },
];
const OF_N8N: Maker[] = [{ name: 'nodeError', title: 1, todo: { argument: 2, property: 'description' } }];

/** The sentences that the advice of some makers consists of, which are not at the place where they are called. */
export const SHARED_ADVICE = [DOWNLOADED_AGAIN, IN_FRONT, MIXED];

export function errorTables(): Record<string, ErrorTable> {
	return Object.fromEntries(
		Object.entries(everyError()).map(([heading, { header, rows }]) => [
			heading,
			{ header, rows: withAdviceOnce(rows, header.indexOf('title')) },
		]),
	);
}

/** Rows with the same advice as one; what their titles begin with alike stands once. */
function withAdviceOnce(rows: string[][], titleAt: number): string[][] {
	const byAdvice = new Map<string, string[][]>();
	for (const row of rows) byAdvice.set(row.at(-1) ?? '', [...(byAdvice.get(row.at(-1) ?? '') ?? []), row]);
	return [...byAdvice].map(([advice, group]) => {
		const titles = [...new Set(group.map((row) => row[titleAt]))];
		const before = group[0].slice(0, titleAt).map((_cell, column) => [...new Set(group.map((row) => row[column]))].join(LINE));
		return [...before, inOneCell(titles), advice];
	});
}

function inOneCell(titles: string[]): string {
	const frame = /^(?:Could not [^:]+: (?:something in front of MESH answered, )?|The content of message … )/.exec(titles[0])?.[0] ?? '';
	if (titles.length === 1 || frame === '' || !titles.every((title) => title.startsWith(frame))) return titles.join(LINE);
	return [frame.trim(), ...titles.map((title) => `${VARIES} ${title.slice(frame.length)}`)].join(LINE);
}

function everyError(): Record<string, ErrorTable> {
	const nodes = sourcesOf('nodes/Mesh');
	const ofTrigger = sourcesOf('nodes/Mesh/trigger');
	return {
		'MESH refuses': {
			header: ['MESH answers', 'title', 'what to do'],
			rows: [
				...Object.entries(CODE_ADVICE).flatMap(([code, rows]) => adviceRows(`\`${code}\``, rows)),
				...Object.entries(STATUS_ADVICE).flatMap(([status, rows]) => adviceRows(status, rows)),
				...adviceRows('', OTHER_ADVICE),
				...adviceRows('403, 404 or 410 in words that are not those of MESH', [FOREIGN_ADVICE]),
			],
		},
		'No connection': {
			header: ['title', 'what to do'],
			rows: [
				...Object.entries(NETWORK_CAUSES).map(([code, { text, hint }]) => [`${text} (\`${code}\`)`, hint]),
				...Object.values(STALLS)
					.map((stall) => stall(VARIES, VARIES))
					.map(([text, { networkCode, hint = '' }]) => [`${text} (\`${networkCode}\`)`, hint]),
				[`${VARIES} (${CLOSED}, with http://)`, CONNECTION_ADVICE.plainHttp],
				[`${VARIES} (${CLOSED}, without a client certificate)`, CONNECTION_ADVICE.noCertificate],
				[`${VARIES} (${CLOSED}, otherwise)`, CONNECTION_ADVICE.closed],
			],
		},
		'A field of the node': { header: ['title', 'what to do'], rows: rowsOf(nodes, OF_INPUT) },
		'The credential': {
			header: ['title', 'what to do'],
			rows: [
				...rowsOf(nodes, OF_CREDENTIAL),
				...mistakenRows(nodes, 'MISTAKEN_FOR_CERTIFICATE', 'The client certificate'),
				...mistakenRows(nodes, 'MISTAKEN_FOR_KEY', 'The private key'),
			],
		},
		'Sending and receiving': { header: ['title', 'what to do'], rows: [...rowsOf(nodes, OF_TRANSFER), ...storageRows()] },
		'The trigger': { header: ['title', 'what to do'], rows: rowsOf(ofTrigger, OF_N8N) },
	};
}

/** Of n8n's store of binary data: why it did not take or give content. */
function storageRows(): string[][] {
	const causes = new Map([...Object.values(STORAGE_CAUSES), OTHER_STORAGE_CAUSE].map((cause) => [cause.text, cause.hint]));
	return [...causes].map(([text, hint]) => [
		`The content of message ${VARIES} could not be stored: ${text} / The content could not be read: ${text}`,
		hint,
	]);
}

function rowsOf(sources: ts.SourceFile[], makers: Maker[]): string[][] {
	const rows = sources.flatMap((source) => makers.flatMap((maker) => callsOf(source, maker)));
	const unique = new Map(rows.map((row) => [row.join('|'), row]));
	return [...unique.values()].sort(([a], [b]) => (a < b ? -1 : 1));
}

function callsOf(source: ts.SourceFile, { name, title, prefix = '', todo }: Maker): string[][] {
	const rows: string[][] = [];
	const visit = (node: ts.Node): void => {
		if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && calledName(node.expression) === name) {
			const titles = variants(node.arguments?.[title]);
			const advice = adviceAt(node, todo);
			// Factories pass on what they were given, and what says nothing by itself is a part of another text.
			for (const text of titles) if (saysSomething(text)) rows.push([prefix + text, advice]);
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return rows;
}

/** Of a table of what people paste in place of something: what it is, and what to do. */
function mistakenRows(sources: ts.SourceFile[], table: string, subject: string): string[][] {
	const rows: string[][] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === table && node.initializer !== undefined) {
			ts.forEachChild(node.initializer, (property) => {
				if (!ts.isPropertyAssignment(property) || !ts.isArrayLiteralExpression(property.initializer)) return;
				const [[is], [todo]] = property.initializer.elements.map(variants);
				rows.push([`${subject} ${is}`, todo]);
			});
		}
		ts.forEachChild(node, visit);
	};
	for (const source of sources) visit(source);
	if (rows.length === 0) throw new Error(`There is no table ${table}`);
	return rows;
}

function calledName(expression: ts.Expression): string | undefined {
	if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
	return ts.isIdentifier(expression) ? expression.text : undefined;
}

function saysSomething(text: string): boolean {
	const own = text.replace(/^Could not ….?:|^The (private key|content of message)? ?…?|, …$|something in front of MESH answered/g, '');
	return /[a-z]{2}.* .*[a-z]{2}/i.test(own);
}

function adviceAt(call: ts.CallExpression | ts.NewExpression, todo: Maker['todo']): string {
	if (typeof todo === 'string') return todo;
	if (typeof todo === 'number') return variants(call.arguments?.[todo]).join(' / ');
	const details = call.arguments?.[todo.argument];
	if (details === undefined || !ts.isObjectLiteralExpression(details)) return '';
	const property = details.properties.find((one) => one.name !== undefined && 'text' in one.name && one.name.text === todo.property);
	return property !== undefined && ts.isPropertyAssignment(property) ? variants(property.initializer).join(' / ') : '';
}

/** What a constant of the same file is. */
function constantNamed(name: ts.Identifier): ts.Expression | undefined {
	let found: ts.Expression | undefined;
	const visit = (part: ts.Node): void => {
		if (
			ts.isVariableDeclaration(part) &&
			ts.isIdentifier(part.name) &&
			part.name.text === name.text &&
			part.parent.parent.parent.kind === ts.SyntaxKind.SourceFile
		)
			found = part.initializer;
		ts.forEachChild(part, visit);
	};
	visit(name.getSourceFile());
	return found;
}

/** The texts that an expression can give; what varies in them is replaced. */
function variants(node: ts.Node | undefined): string[] {
	if (node === undefined) return [];
	if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
	if (ts.isIdentifier(node)) return variants(constantNamed(node));
	if (ts.isParenthesizedExpression(node)) return variants(node.expression);
	if (ts.isConditionalExpression(node)) return [...variants(node.whenTrue), ...variants(node.whenFalse)];
	if (ts.isBinaryExpression(node)) return variants(node.left).flatMap((left) => variants(node.right).map((right) => left + right));
	if (ts.isTemplateExpression(node))
		return [node.head.text + node.templateSpans.map(({ literal }) => VARIES + literal.text).join('')].map((text) =>
			text.replace(/…(?:\s?…)+/g, VARIES),
		);
	return [];
}
