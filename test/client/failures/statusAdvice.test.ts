import { CODE_ADVICE, STATUS_ADVICE, adviceOn } from '../../../nodes/Mesh/client/statusAdvice';
import type { RefusalFacts } from '../../../nodes/Mesh/client/statusAdvice';

const about = (facts: Partial<RefusalFacts>) => adviceOn({ status: 403, call: 'send the message', ...facts });
const hint = (status: number, facts: Partial<RefusalFacts> = {}, clockDifferenceMs?: number) =>
	about({ status, ...facts, clockDifferenceMs }).todo;
const HOUR = 3_600_000;

describe('what to do about an error status', () => {
	test('a 403 names clock, mailbox, password and key, because MESH does not say which is wrong', () => {
		expect(hint(403)).toMatch(/mailbox ID.*password.*shared key.*clock/);
	});

	test('a 403 speaks of the message only where a call is about one', () => {
		expect(hint(403)).not.toMatch(/message/);
		expect(about({ messageId: 'M1' }).todo).toMatch(/another mailbox/);
	});

	test('a 403 with a clock that is off by more than two hours says by how much and in which direction', () => {
		expect(hint(403, {}, 3.5 * HOUR)).toMatch(/3 h 30 min behind/);
		expect(hint(403, {}, -72 * HOUR)).toMatch(/3 days ahead/);
		expect(hint(403, {}, 1.9 * HOUR)).not.toMatch(/behind|ahead/);
	});

	test('a code of MESH explains more than the status', () => {
		expect(hint(417, { code: '12' })).toMatch(/look it up/);
		expect(hint(417, { code: 'EPL-153' })).toMatch(/NHS number/);
		expect(hint(417, { code: 'toString' })).toMatch(/recipient mailbox ID/);
	});

	test('a redirect is explained, as it is never followed', () => {
		expect(hint(307)).toMatch(/not followed/);
		expect(hint(301)).toMatch(/not followed/);
	});

	test('"Forbidden" for a message is first of all another mailbox\'s message', () => {
		const { title, todo } = about({ messageId: 'M1', text: 'Forbidden' });
		expect(title).toBe("Message M1 is another mailbox's message");
		expect(todo).toMatch(/^MESH gives a message only to the mailbox that it was sent to/);
	});

	test("a mailbox of one's own that MESH does not know speaks of no workflow", () => {
		const { title, todo } = about({ code: 'EPL-151', call: 'validate the mailbox', mailboxId: 'X26ABC9' });
		expect(title).toBe('MESH does not know mailbox X26ABC9');
		expect(todo).not.toMatch(/workflow/);
		expect(about({ status: 417, code: 'EPL-151', to: 'X26NOPE1' }).title).toBe("MESH has no mailbox 'X26NOPE1' for this workflow");
	});

	test('a title names what is known, and never a placeholder', () => {
		expect(about({ status: 417, code: '12', to: 'X26NOPE1' }).title).toBe("Recipient 'X26NOPE1' is not registered with MESH");
		expect(about({ status: 417, code: '12' }).title).toBe('The recipient is not registered with MESH');
		expect(about({ status: 400, fields: ['mex-to', 'mex-to', 'mex-workflowid'] }).title).toBe(
			'Could not send the message: MESH did not accept mex-to, mex-workflowid',
		);
		const rows = [...Object.values(CODE_ADVICE), ...Object.values(STATUS_ADVICE)].flat();
		for (const { titles, todo } of rows) expect(titles.at(-1) + todo).not.toMatch(/\{(?!call\}|fields\}|clock\}|localId\}|messageId\})/);
		for (const code of [undefined, ...Object.keys(CODE_ADVICE)])
			for (let status = 300; status < 600; status++) {
				const { title, todo } = about({ status, code });
				expect(title).toMatch(/^[A-Z][^{}…]*[^.]$/);
				expect(todo).not.toMatch(/[{}…]/);
			}
	});

	test('every status has a sentence', () => {
		for (let status = 300; status < 600; status++) expect(hint(status)).toMatch(/^[A-Z].*\.$/);
	});

	test('every sentence says what to do, and not only what is wrong', () => {
		const hints = [
			...Array.from({ length: 300 }, (_, at) => hint(300 + at)),
			...Object.keys(CODE_ADVICE).map((code) => hint(417, { code })),
		];
		const telling = /\b(ask|check|contact|correct|do not change|give|put|send|set|track|try|use)\b/i;
		expect(hints.filter((text) => !telling.test(text))).toEqual([]);
	});
});
