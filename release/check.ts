// The checks before a release: npm run release:check. Builds, lints and packs by itself, and loads the package in a real
// n8n, which it installs where it is missing. `--require-audit` makes a registry that does not answer a failure, as it
// should be where a release is published. Writes the bill of materials to release/out/.
import { describeFailure } from '../n8n-lab/terminal';
import { audit } from './checks/audit';
import { billOfMaterials } from './checks/billOfMaterials';
import { build } from './checks/build';
import { contents } from './checks/contents';
import { lint } from './checks/lint';
import { loads } from './checks/loads';
import { changelog, readme } from './checks/papers';
import { provenance } from './checks/provenance';
import { repository } from './checks/repository';
import { json } from './commands';
import type { Check, Outcome } from './outcome';
import { lockfileProblems, manifestProblems } from './rules';

const CHECKS: Array<[string, Check]> = [
	[
		'package.json',
		() => ({ problems: manifestProblems(json('package.json')), seen: 'one runtime dependency, no install scripts, provenance' }),
	],
	['lockfile', () => ({ problems: lockfileProblems(json('package-lock.json'), json('package.json')), seen: 'SHA-512 of every package' })],
	['changelog', changelog],
	['README', readme],
	['provenance', provenance],
	['keys in the repository', repository],
	['known vulnerabilities', () => audit(process.argv.includes('--require-audit'))],
	['bill of materials', billOfMaterials],
	['lint', lint],
	['build', build],
	['contents of the package', contents],
	['the package in n8n', loads],
];

async function outcomeOf(check: Check): Promise<Outcome> {
	try {
		return await check();
	} catch (error) {
		return { problems: [describeFailure(error)], seen: '' };
	}
}

async function main(): Promise<void> {
	for (const [name, check] of CHECKS) {
		const { problems, seen } = await outcomeOf(check);
		if (problems.length > 0) process.exitCode = 1;
		process.stdout.write(
			`${problems.length > 0 ? 'FAILED' : 'ok    '}  ${name}: ${problems.length > 0 ? problems.slice(0, 20).join('; ') : seen}\n`,
		);
	}
}

void main();
