import { parseArguments } from '../../bench/cli';

describe('the arguments of npm run bench', () => {
	it('runs everything at full size when nothing is said', () => {
		expect(parseArguments([])).toEqual({ only: [], contenders: [], quick: false, list: false, help: false });
	});

	it('takes a value after a space or after an equals sign, because both are typed', () => {
		expect(parseArguments(['--json', 'a.json', '--only=drain,send-20'])).toMatchObject({ jsonPath: 'a.json', only: ['drain', 'send-20'] });
	});

	it('adds up repeated lists', () => {
		expect(parseArguments(['--only', 'drain', '--only', 'send-20', '--contenders', 'client, curl'])).toMatchObject({
			only: ['drain', 'send-20'],
			contenders: ['client', 'curl'],
		});
	});

	it('refuses an option whose value is another option, so that --json --quick does not write a file named --quick', () => {
		expect(() => parseArguments(['--json', '--quick'])).toThrow('--json needs a value');
	});

	it.each(['0', '-1', '1.5', 'many', '1000'])('refuses %s rounds', (rounds) => {
		expect(() => parseArguments([`--rounds=${rounds}`])).toThrow('whole number');
	});

	it('names an argument it does not know', () => {
		expect(() => parseArguments(['--fast'])).toThrow('Unknown argument "--fast"');
	});
});
