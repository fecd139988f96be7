/** What CHANGELOG.md must have for a version, in the form of Keep a Changelog 1.1.0. */
export function changelogProblems(changelog: string, version: string): string[] {
	const headings = [...changelog.matchAll(/^## \[([^\]]+)\](?: - (.*))?$/gm)];
	const [, , date] = headings.find(([, name]) => name === version) ?? [];
	if (!headings.some(([, name]) => name === version)) return [`CHANGELOG.md has no entry [${version}]`];
	const entry = changelog.split(`## [${version}]`)[1].split(/^## |^\[[^\]]+\]: /m)[0];
	return [
		...(/^\d{4}-\d{2}-\d{2}$/.test(date ?? '') && !Number.isNaN(Date.parse(date ?? ''))
			? []
			: [`the entry ${version} has no date such as 2026-01-31`]),
		...(/^- \S/m.test(entry) ? [] : [`the entry ${version} says nothing`]),
		...(headings[0][1] === 'Unreleased' ? [] : ['the first entry is not [Unreleased]']),
		...headings.filter(([, name]) => !changelog.includes(`\n[${name}]: https://`)).map(([, name]) => `there is no link for [${name}]`),
		...[...entry.matchAll(/^### (.+)$/gm)].filter(([, kind]) => !KINDS.includes(kind)).map(([, kind]) => `"${kind}" is no kind of change`),
	];
}

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
