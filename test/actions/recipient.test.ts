import fc from 'fast-check';
import { formatDateOfBirth, gpPracticeAddress, readNhsNumber } from '../../nodes/Mesh/actions/message/gpPractice';
import { isNhsNumber } from '../../sandbox/store/recipients';
import { cases } from '../support/cases';

const refused = (parameter: string) => expect.objectContaining({ code: 'MESH_INVALID_INPUT', parameter, hint: expect.any(String) });

describe('NHS numbers', () => {
	test.each([
		['9434765919', '9434765919'],
		['943 476 5919', '9434765919'],
		[' 943-476-5919 ', '9434765919'],
		['9990000042', '9990000042'],
		['0000000000', '0000000000'],
	])('%j is valid', (text, digits) => {
		expect(readNhsNumber(text)).toBe(digits);
	});

	test.each([
		['9434765918'],
		['9434756919'],
		['943476591'],
		['94347659190'],
		['94 34765919'],
		['943476591X'],
		[''],
		['9434765919; 9990000042'],
	])('%j is not', (text) => {
		expect(readNhsNumber(text)).toBeUndefined();
	});

	test('are judged as by the sandbox, which has its own reading of the rule', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^\d{10}$/), (digits) => {
				expect(readNhsNumber(digits) === digits).toBe(isNhsNumber(digits));
			}),
			{ numRuns: cases(2_000) },
		);
	});

	test('one wrong digit, or two neighbours that changed places, are always noticed', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^\d{10}$/).filter(isNhsNumber), fc.nat(9), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
				const wrong = [...digits];
				wrong[at] = String((Number(digits[at]) + by) % 10);
				expect(readNhsNumber(wrong.join(''))).toBeUndefined();
				const [first, second] = [digits[at], digits[at + 1]];
				if (second === undefined || first === second) return;
				expect(readNhsNumber(digits.slice(0, at) + second + first + digits.slice(at + 2))).toBeUndefined();
			}),
		);
	});
});

describe('dates of birth', () => {
	test.each([
		['1955-01-09'],
		['19550109'],
		['1955-01-09T00:00:00'],
		['1955-01-09T00:00:00.000Z'],
		['1955-01-09 00:00'],
		[{ toISODate: () => '1955-01-09' }],
	])('%j is understood', (value) => {
		expect(formatDateOfBirth(value, 'YYYYMMDD')).toBe('19550109');
		expect(formatDateOfBirth(value, 'DDMMYYYY')).toBe('09011955');
	});

	test.each([
		['1955-01-08T23:00:00.000Z'],
		['01/31/1955'],
		['31/1/55'],
		['1955-13-01'],
		['1955-02-30'],
		['1955-04-31'],
		['1955-1-9'],
		['55-01-09'],
		['1955-0109'],
		[''],
		[undefined],
		[null],
		[{}],
	])('%j is refused, because a guess could be another day', (value) => expect(formatDateOfBirth(value, 'YYYYMMDD')).toBeUndefined());
});

describe('British dates of birth', () => {
	test.each([
		['31/01/1955', '19550131'],
		['13.1.1955', '19550113'],
		['05-05-1955', '19550505'],
	])('%s can be read in one way only', (value, expected) => {
		expect(formatDateOfBirth(value, 'YYYYMMDD')).toBe(expected);
	});

	test.each(['09/01/1955', '1/2/1955'])('%s is refused with the expression that reads it', (dateOfBirth) => {
		expect(() => gpPracticeAddress({ nhsNumber: '943 476 5919', dateOfBirth, surname: 'Smith', dateFormat: 'YYYYMMDD' })).toThrow(
			expect.objectContaining({ parameter: 'dateOfBirth', hint: expect.stringContaining('DateTime.fromFormat') }),
		);
	});

	test('one in the future is refused as such', () => {
		expect(() =>
			gpPracticeAddress({ nhsNumber: '943 476 5919', dateOfBirth: '2999-01-01', surname: 'Smith', dateFormat: 'YYYYMMDD' }),
		).toThrow(/future/);
	});
});

describe("the address of a patient's GP practice", () => {
	const patient = { nhsNumber: '943 476 5919', dateOfBirth: '1955-01-09', surname: ' Smith ', dateFormat: 'YYYYMMDD' as const };

	test('is made of number, date of birth and surname', () => {
		expect(gpPracticeAddress(patient)).toBe('GPPROVIDER_9434765919_19550109_Smith');
		expect(gpPracticeAddress({ ...patient, dateFormat: 'DDMMYYYY', surname: "O'Neill-Van Der Berg" })).toBe(
			"GPPROVIDER_9434765919_09011955_O'Neill-Van Der Berg",
		);
	});

	test.each([
		['nhsNumber', '9434765918'],
		['dateOfBirth', '1955-02-30'],
		['surname', 'Smith_Jones'],
		['surname', 'Müller'],
		['surname', '  '],
		['surname', 'S\r\nmex-x: 1'],
		['surname', 'x'.repeat(61)],
	])('refuses a wrong %s without quoting it', (field, value) => {
		const attempt = () => gpPracticeAddress({ ...patient, [field]: value });
		expect(attempt).toThrow(refused(field));
		if (value.trim() !== '') expect(attempt).not.toThrow(expect.objectContaining({ message: expect.stringContaining(value) }));
	});
});
