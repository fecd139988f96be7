import { describeLockDifference, describeOldNode } from '../../n8n-lab/requirements.cjs';

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

describe('describeOldNode', () => {
	it.each(['20.18.1', '20.19.0', '22.0.0', '24.21.0', '100.0.0'])('is content with Node.js %s', (version) => {
		expect(describeOldNode(version)).toBeUndefined();
	});

	it.each(['20.18.0', '20.9.9', '18.20.4', '8.0.0'])('says in one line that Node.js %s is too old and what is needed', (version) => {
		expect(describeOldNode(version)).toMatch(/^Node\.js 20\.18\.1 or newer is needed; this is .*$/);
	});

	it('asks for what package.json asks for', () => {
		const { engines } = jest.requireActual<{ engines: { node: string } }>('../../package.json');
		expect(describeOldNode('1.0.0')).toContain(engines.node.replace('>=', ''));
	});
});
