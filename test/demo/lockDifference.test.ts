import { describeLockDifference } from '../../demo/lockDifference.cjs';

const lock = (packages: Record<string, object>) => JSON.stringify({ packages });
const wanted = lock({
	'': { name: 'root' },
	'node_modules/a': { version: '1.0.0' },
	'node_modules/only-on-mac': { version: '2.0.0', optional: true },
});

describe('describeLockDifference', () => {
	it('asks for an install when npm left no record, as after an interrupted install', () => {
		expect(describeLockDifference(wanted, undefined)).toBe('nothing installed yet');
	});

	it('asks for none when everything is there but packages made for another platform', () => {
		expect(describeLockDifference(wanted, lock({ 'node_modules/a': { version: '1.0.0' } }))).toBeUndefined();
	});

	it('names a package that is missing', () => {
		expect(describeLockDifference(wanted, lock({}))).toBe('node_modules/a is missing');
	});

	it('names a package of another version, optional ones included', () => {
		const installed = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/only-on-mac': { version: '1.9.0' } };
		expect(describeLockDifference(wanted, lock(installed))).toBe('node_modules/only-on-mac is 1.9.0, wanted 2.0.0');
	});
});
