import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, output, parsed, root } from '../commands';
import type { Outcome } from '../outcome';
import { shippedOf, type LockedPackage } from '../rules';

/** By `npm sbom` over a copy of manifest and lockfile without what is for development only, which npm would mix in. */
export function billOfMaterials(): Outcome {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-sbom-'));
	const { name, version, license, dependencies } = json('package.json') as Record<string, unknown>;
	const { packages } = json('package-lock.json') as { packages: Record<string, LockedPackage> };
	const shippedRoot = { name, version, license, dependencies };
	writeFileSync(join(folder, 'package.json'), JSON.stringify(shippedRoot));
	writeFileSync(
		join(folder, 'package-lock.json'),
		JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages: { '': shippedRoot, ...shippedOf(packages) } }),
	);
	const text = output('npm', ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format', 'cyclonedx'], folder);
	rmSync(folder, { recursive: true });
	const { components } = parsed(text);
	const names = Array.isArray(components) ? components.map((one: { name?: string; version?: string }) => `${one.name} ${one.version}`) : [];
	mkdirSync(join(root, 'release', 'out'), { recursive: true });
	writeFileSync(join(root, 'release', 'out', 'sbom.cdx.json'), text);
	return {
		problems: names.some((one) => one.startsWith('undici ')) ? [] : ['npm sbom does not list undici'],
		seen: `release/out/sbom.cdx.json lists ${names.join(', ')}`,
	};
}
