import fc from 'fast-check';
import { redactorOf } from '../../../nodes/Mesh/client/redaction';

const hide = (text: string, secrets: string[] = []) => redactorOf(secrets)(text);

test('tokens, patient addresses and the given secrets are hidden in what a server says', () => {
	const text = 'got NHSMESH X26:abc:0:2020:deadbeef with hunter22 for GPPROVIDER_9434765919_19550109_Smith';
	expect(hide(text, ['hunter22', 'ab'])).toBe('got [hidden] with [hidden] for [hidden]');
});

test('of a patient address nothing is left when the surname has several words', () => {
	expect(hide('no mailbox for "GPPROVIDER_9434765919_19550109_Van Der Berg", sorry')).toBe('no mailbox for "[hidden]", sorry');
});

test('a token is hidden without its scheme too, and when its colons are encoded', () => {
	const token =
		'X26ABC1:bd0e2bd5-218e-41d0-83a9-73fdec414803:0:202005041305:1d7da1305d2c4f169b097f4e7fddbc8dfba024de2ea0fdee858b64536f2a90bc';
	for (const spelled of [token, encodeURIComponent(token), `NHSMESH ${token}`, `nhsmesh%20${token}`, token.toUpperCase()])
		expect(hide(`bad "${spelled}"`)).toMatch(/^bad "\[hidden\]/);
});

test('NHS numbers are hidden wherever they stand; other numbers of ten digits and message IDs are not', () => {
	expect(hide('patient 9434765919, 943 476 5919 or 943-476-5919 not found')).toBe('patient [hidden], [hidden] or [hidden] not found');
	for (const other of ['9434765918', '20200529155357895317_3573F8', '202005041305', '94347659190', '19434765919'])
		expect(hide(`about ${other}.`)).toBe(`about ${other}.`);
});

/** How servers and gateways give a text back. */
const SPELLINGS: Array<[string, (text: string) => string]> = [
	['as it is', (text) => text],
	['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
	['for a URL', encodeURIComponent],
	['for a URL in lower case', (text) => encodeURIComponent(text).toLowerCase()],
	['in capitals', (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())],
];

const secret = fc
	.oneof(
		fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme-ascii' }),
		fc.string({ minLength: 6, maxLength: 20, unit: 'binary' }),
		fc.string({
			minLength: 6,
			maxLength: 30,
			unit: fc.constantFrom(
				'"',
				"'",
				'\\',
				'/',
				'&',
				'<',
				'%',
				'+',
				' ',
				'é',
				'€',
				'💥',
				'a',
				'1',
				'=',
				';',
				'$',
				'(',
				'[',
				'.',
				'*',
				'?',
				'^',
				'|',
				'-',
			),
		}),
	)
	.filter((text) => !/[\u0000-\u001f\u007f]/.test(text) && text.trim() === text && text.trim().length >= 6); // eslint-disable-line no-control-regex

test.each(SPELLINGS)('a secret is found %s, whatever it is made of (60 secrets)', (_how, spell) => {
	fc.assert(
		fc.property(secret, fc.constantFrom('', ' ', '": "', 'key='), (value, before) => {
			const left = hide(`${before}${spell(value)}`, [value]);
			expect(left.replace(before, '').replace(/\[hidden\]/g, '')).toBe('');
			expect(left).toContain('[hidden]');
		}),
		{ numRuns: 60 },
	);
});

test.each(SPELLINGS)('a secret with white space that is not ASCII is found %s', (_how, spell) => {
	for (const value of ['!   \u2000!', 'a\u00a0secret', 'one \u3000 two'])
		expect(hide(`: ${spell(value)}`, [value])).toMatch(/^: .{0,8}\[hidden\]/);
});

test('a secret as long as a page is hidden to its end', () => {
	const long = Array.from({ length: 500 }, (_, at) => `word${at}`).join(' ');
	expect(hide(`<${long}>`, [long]).replace(/\[hidden\]/g, '')).toBe('<>');
});

test.each([
	'\\'.repeat(65_536),
	'%25'.repeat(21_000),
	'&amp;'.repeat(13_000),
	'x'.repeat(65_536),
	'X26:'.repeat(16_000),
	' +'.repeat(32_000),
	`${'1234567 '.repeat(8_000)}`,
	`NHSMESH${' '.repeat(60_000)}`,
	`GPPROVIDER_${'x'.repeat(60_000)}`,
])('no text of a server takes long to look through (%#)', (text) => {
	expect(
		hide(text, ["\\\\'\\ \" a'\\", '%%25&amp;&', 'xxxxxxxxxxxx', '    ++++    ', ' spaces  and\\\\ more ']).length,
	).toBeLessThanOrEqual(text.length + 600_000);
});
