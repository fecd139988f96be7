import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changelogProblems, linkProblems, loadedProblems, type LoadedType } from '../../release/rules';

const root = join(__dirname, '..', '..');

describe('the rules of the changelog', () => {
	const good =
		'# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-26\n\n### Added\n\n- Something.\n\n[Unreleased]: https://x\n[1.2.0]: https://x\n';

	test('are kept by ours for the version of package.json', () => {
		const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
		expect(changelogProblems(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)).toEqual([]);
	});

	test('are kept by an entry with date, words and link', () => {
		expect(changelogProblems(good, '1.2.0')).toEqual([]);
	});

	test.each<[string, string, RegExp]>([
		['another version', good.replaceAll('1.2.0', '1.1.0'), /no entry \[1\.2\.0\]/],
		['a version that only begins like it', good.replaceAll('[1.2.0]', '[1.2.0-rc.1]'), /no entry/],
		['no date', good.replace(' - 2026-11-26', ''), /no date/],
		['a date that is none', good.replace('2026-11-26', '2026-13-26'), /no date/],
		['no words', good.replace('- Something.', ''), /says nothing/],
		['no link', good.replace('\n[1.2.0]: https://x', ''), /no link for \[1\.2\.0\]/],
		['no place for what comes next', good.replace('## [Unreleased]\n\n', ''), /not \[Unreleased\]/],
		['a kind of change of its own', good.replace('### Added', '### News'), /"News"/],
	])('are broken by %s', (_what, changed, complaint) => {
		expect(changelogProblems(changed, '1.2.0').join()).toMatch(complaint);
	});
});

test('a link of the README that leads to no file is found, and one elsewhere is left alone', () => {
	const page = '[a](docs/a.md) [b](docs/b.md#part) ![picture](docs/c.png) [d](#here) [e](https://example.com/x)';
	expect(linkProblems(page, (path) => path === 'docs/a.md')).toEqual(['docs/b.md does not exist', 'docs/c.png does not exist']);
});

describe('what n8n has loaded', () => {
	const credentials = [{ name: 'meshApi' }];
	const nodes: LoadedType[] = [
		{ name: 'n8n-nodes-nhs-mesh.mesh', displayName: 'NHS MESH', group: ['transform'], outputs: ['main'], credentials },
		{ name: 'n8n-nodes-nhs-mesh.meshTrigger', displayName: 'NHS MESH Trigger', group: ['trigger'], outputs: ['main', 'main'], credentials },
		{ name: 'n8n-nodes-nhs-mesh.meshTool', displayName: 'NHS MESH Tool', outputs: ['ai_tool'], credentials },
		{ name: 'n8n-nodes-base.set', outputs: ['main'] },
	];
	const types: LoadedType[] = [{ name: 'meshApi', displayName: 'NHS MESH API', properties: Array.from({ length: 12 }) }];
	const without = (name: string) => nodes.filter((node) => node.name !== `n8n-nodes-nhs-mesh.${name}`);

	test('is as it should be: both nodes, the tool, and the credential', () => {
		expect(loadedProblems(nodes, types)).toEqual([]);
	});

	test.each(['mesh', 'meshTrigger', 'meshTool'])('lacks %s', (name) => {
		expect(loadedProblems(without(name), types)).toEqual([`n8n has not loaded n8n-nodes-nhs-mesh.${name}`]);
	});

	test('lacks the credential', () => {
		expect(loadedProblems(nodes, [])).toEqual(['n8n has not loaded the credential meshApi']);
	});

	test('has another type, another credential, or something more', () => {
		const trigger = { ...nodes[1], group: ['transform'], outputs: ['main'], credentials: [] };
		expect(loadedProblems([...without('meshTrigger'), trigger], types)).toHaveLength(3);
		expect(loadedProblems([...nodes, { name: 'n8n-nodes-nhs-mesh.draft' }], types)).toEqual(['n8n also loaded n8n-nodes-nhs-mesh.draft']);
	});
});
