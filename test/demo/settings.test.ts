import { parseSettings } from '../../demo/settings';

describe('parseSettings', () => {
	it('starts n8n on 5678 and the sandbox on 8700 unless told otherwise', () => {
		expect(parseSettings([])).toEqual({ port: 5678, sandboxPort: 8700, check: false, help: false });
	});

	it('takes other ports and the check', () => {
		const settings = parseSettings(['--port', '6000', '--sandbox-port=6001', '--check']);
		expect(settings).toEqual({ port: 6000, sandboxPort: 6001, check: true, help: false });
	});

	it.each(['0', '65536', 'x', '1.5', ''])('refuses %p as a port, because nothing could listen there', (port) => {
		expect(() => parseSettings([`--port=${port}`])).toThrow(`--port takes a port number from 1 to 65535, not "${port}"`);
	});

	it('shows the usage on an option it does not know', () => {
		expect(() => parseSettings(['--prot', '1'])).toThrow(/--prot[^]*Usage: npm start/);
	});
});
