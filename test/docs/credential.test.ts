import { MeshApi } from '../../credentials/MeshApi.credentials';
import { NETWORK_CAUSES, networkCauseOf } from '../../nodes/Mesh/client/http/networkErrors';
import type { ConnectionStep } from '../../nodes/Mesh/client/diagnosis/checkConnection';
import { CATALOGUE } from '../../sandbox/errors/catalogue';
import { readPage, section, tables } from './page';
import { argumentsOf, firstTextsOfTable, sourcesOf, textsIn, VARIES } from './sourceTexts';

const page = readPage('docs/credential.md');
const sources = sourcesOf('nodes/Mesh');
const everyText = new Set(sources.flatMap(textsIn));

const code = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
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
