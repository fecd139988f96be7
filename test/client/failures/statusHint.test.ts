import { CODE_HINTS, statusHint } from '../../../nodes/Mesh/client/statusErrors';

const hint = (status: number, facts = {}, clockDifferenceMs?: number) => statusHint({ status, facts, clockDifferenceMs, location: false });
const HOUR = 3_600_000;

describe('what to do about an error status', () => {
	test('a 403 names clock, mailbox, password and key, because MESH does not say which is wrong', () => {
		expect(hint(403)).toMatch(/mailbox ID.*password.*shared key.*clock/);
	});

	test('a 403 speaks of the message only where a call is about one', () => {
		expect(hint(403)).not.toMatch(/message/);
		expect(statusHint({ status: 403, facts: {}, location: false, messageId: 'M1' })).toMatch(/another mailbox/);
	});

	test('a 403 with a clock that is off by more than two hours says by how much and in which direction', () => {
		expect(hint(403, {}, 3.5 * HOUR)).toMatch(/3 h 30 min behind/);
		expect(hint(403, {}, -72 * HOUR)).toMatch(/3 days ahead/);
		expect(hint(403, {}, 1.9 * HOUR)).not.toMatch(/behind|ahead/);
	});

	test('a code of MESH explains more than the status', () => {
		expect(hint(417, { code: '12' })).toMatch(/not registered/);
		expect(hint(417, { code: 'EPL-153' })).toMatch(/NHS number/);
		expect(hint(417, { code: 'toString' })).toMatch(/refused the message/);
	});

	test('a redirect is explained, as it is never followed', () => {
		expect(hint(307)).toMatch(/not followed/);
		expect(hint(301)).toMatch(/not followed/);
	});

	test('every status has a sentence', () => {
		for (let status = 300; status < 600; status++) expect(hint(status)).toMatch(/^[A-Z].*\.$/);
	});

	test('every sentence says what to do, and not only what is wrong', () => {
		const hints = [
			...Array.from({ length: 300 }, (_, at) => hint(300 + at)),
			...Object.keys(CODE_HINTS).map((code) => hint(417, { code })),
		];
		const telling = /\b(ask|check|contact|correct|do not change|give|put|send|set|track|try|use)\b/i;
		expect(hints.filter((text) => !telling.test(text))).toEqual([]);
	});
});
