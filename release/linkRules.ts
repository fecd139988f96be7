/** Links and pictures of a page that lead to no file; npm shows the README with links into the repository. */
export function linkProblems(page: string, exists: (path: string) => boolean): string[] {
	const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target.split('#')[0]);
	return targets
		.filter((target) => target !== '' && !/^(https?|mailto):/.test(target) && !exists(target))
		.map((target) => `${target} does not exist`);
}
