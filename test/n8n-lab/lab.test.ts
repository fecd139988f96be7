import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseFlatted } from '../../n8n-lab/rest/flatted';
import { describeLockDifference, describeOldNode } from '../../n8n-lab/requirements.cjs';
import { ensureHost } from '../../n8n-lab/host/installHost';
import { n8n2 } from '../../n8n-lab/host/pinnedHosts';
import { missingPackage, newestFirst, withVersion } from '../../n8n-lab/host/updateHosts';
import { createProgress } from '../../n8n-lab/terminal';

/** The writing side of the format: objects, arrays and strings become entries, everything else stays in place. */
function flatten(root: unknown): string {
	const entries: unknown[] = [];
	const indexes = new Map<unknown, number>();
	const place = (value: unknown): number => {
		const known = indexes.get(value);
		if (known !== undefined) return known;
		const index = entries.push(undefined) - 1;
		indexes.set(value, index);
		entries[index] = shallow(value);
		return index;
	};
	const refer = (value: unknown) =>
		typeof value === 'string' || (typeof value === 'object' && value !== null) ? String(place(value)) : value;
	const shallow = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(refer);
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, refer(part)]));
	};
	place(root);
	return JSON.stringify(entries);
}

describe('parseFlatted', () => {
	it('gives back what was written, strings that look like indexes included', () => {
		// Negative zero and __proto__ do not survive JSON and object literals themselves.
		const json = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
		fc.assert(
			fc.property(json, (value) => {
				fc.pre(!JSON.stringify(value).includes('__proto__'));
				expect(parseFlatted(flatten(value))).toEqual(value);
			}),
		);
	});

	it('keeps an object that refers to itself, because executions hold such loops', () => {
		const parsed = parseFlatted('[{"self":"0","name":"1"},"node"]') as { self: unknown; name: string };
		expect(parsed.self).toBe(parsed);
		expect(parsed.name).toBe('node');
	});
});

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

describe('newestFirst', () => {
	it('sorts by number and not by letter, and takes releases of one major version only', () => {
		const versions = ['2.9.0', '2.41.3', '1.123.81', '2.41.11', '3.0.0', '2.42.0-rc.1', '2.40.20', '12.1.0'];
		expect(newestFirst(versions, 2)).toEqual(['2.41.11', '2.41.3', '2.40.20', '2.9.0']);
		expect(newestFirst(versions, 1)).toEqual(['1.123.81']);
		expect(newestFirst(versions, 4)).toEqual([]);
	});
});

describe('withVersion', () => {
	it.each([
		['n8nio/n8n:2.40.7', 'n8nio/n8n:2.41.1'],
		['| 2.40.7 on Node.js 24 |', '| 2.41.1 on Node.js 24 |'],
		['It is 2.40.7.', 'It is 2.41.1.'],
		['"n8n": "2.40.7"', '"n8n": "2.41.1"'],
	])('changes %p', (text, changed) => {
		expect(withVersion(text, '2.40.7', '2.41.1')).toBe(changed);
	});

	it.each(['2.40.71', '12.40.7', '2.40.7.1', '2x40.7', '2.40'])('leaves %p, which is another version', (text) => {
		expect(withVersion(text, '2.40.7', '2.41.1')).toBe(text);
	});
});

describe('missingPackage', () => {
	it.each([
		[
			'npm error code ETARGET\nnpm error notarget No matching version found for @n8n/agents@0.26.2.\nnpm error notarget In most',
			'@n8n/agents@0.26.2',
		],
		["npm error code E404\nnpm error 404  The requested resource '@n8n/gone@1.0.0' could not be found or you do not", '@n8n/gone@1.0.0'],
		['npm error code ENOTFOUND\nnpm error network request failed', undefined],
	])('reads %j', (output, missing) => {
		expect(missingPackage(output)).toBe(missing);
	});
});

describe('a folder for n8n that holds another version', () => {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-host-'));
	const write = (path: string, content: unknown) => {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), JSON.stringify(content));
	};
	afterAll(() => {
		delete process.env.MESH_TEST_HOST_DIR;
		rmSync(folder, { recursive: true });
	});

	it('is left alone when a person has named it, and the message says what to do', async () => {
		write('pins/package.json', { dependencies: { n8n: '2.41.1' } });
		write('pins/package-lock.json', {});
		write('host/node_modules/n8n/package.json', { version: '2.40.7' });
		process.env.MESH_TEST_HOST_DIR = join(folder, 'host');
		const pinned = { ...n8n2, manifestFolder: join(folder, 'pins'), folder: join(folder, 'host'), folderVariable: 'MESH_TEST_HOST_DIR' };
		await expect(ensureHost(pinned, () => undefined)).rejects.toThrow(
			/holds n8n 2\.40\.7, and n8n 2\.41\.1 is needed\. Set MESH_TEST_HOST_DIR to a folder/,
		);
	});
});

function recorder(isTTY: boolean) {
	let text = '';
	return { isTTY, write: (part: string) => (text += part), text: () => text };
}

describe('createProgress', () => {
	it('counts the steps and tells what came of each', async () => {
		const output = recorder(false);
		const { step } = createProgress(output, 2);
		await step('Building', async (detail) => detail('built earlier'));
		await step('Starting', async () => undefined);
		expect(output.text()).toMatch(/^\[1\/2\] Building: built earlier \(\d+ s\)\n\[2\/2\] Starting: done \(\d+ s\)\n$/);
	});

	it('updates one line on a terminal, and leaves the outcome on it', async () => {
		const output = recorder(true);
		await createProgress(output).step('Building', async () => undefined);
		const lines = output.text().split('\r\x1b[K'); // back to the start of the line, and clear it
		expect(lines).toEqual(['', 'Building ... 0 s', expect.stringMatching(/^Building: done \(\d+ s\)\n$/)]);
	});

	it('gives on the result and the error of the work', async () => {
		const output = recorder(false);
		const { step } = createProgress(output);
		await expect(step('a', async () => 42)).resolves.toBe(42);
		const error = new Error('no disk');
		await expect(step('b', async () => await Promise.reject(error))).rejects.toBe(error);
		expect(output.text()).toMatch(/b: failed after \d+ s\n$/);
	});
});
