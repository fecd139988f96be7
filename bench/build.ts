import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformFileSync } from '@swc/core';

export const REPOSITORY = resolve(__dirname, '..');
/** Inside the repository, so that the programs find its node_modules; one for each benchmark that runs. */
export const BUILD_FOLDER = join(REPOSITORY, 'bench/results', `build-${process.pid}`);

const SOURCES = ['bench/children', 'bench/server', 'bench/work.ts', 'nodes', 'credentials', 'test/engine'];

/** Compiles what runs in processes of its own, so that none of them pays for compiling while it is measured. */
export function buildPrograms(): void {
	process.once('exit', () => { rmSync(BUILD_FOLDER, { recursive: true, force: true }); });
	for (const source of SOURCES.filter((path) => existsSync(join(REPOSITORY, path)))) for (const file of filesOf(source)) buildFile(file);
}

function* filesOf(source: string): Generator<string, void, void> {
	if (source.endsWith('.ts')) {
		yield source;
		return;
	}
	for (const entry of readdirSync(join(REPOSITORY, source), { withFileTypes: true, recursive: true })) {
		if (entry.isFile()) yield join(source, join(entry.parentPath, entry.name).slice(join(REPOSITORY, source).length));
	}
}

function buildFile(file: string): void {
	const target = join(BUILD_FOLDER, file);
	mkdirSync(dirname(target), { recursive: true });
	if (file.endsWith('.test.ts') || file.endsWith('.d.ts')) return;
	if (!file.endsWith('.ts')) {
		cpSync(join(REPOSITORY, file), target);
		return;
	}
	const { code } = transformFileSync(join(REPOSITORY, file), {
		swcrc: false,
		sourceMaps: 'inline',
		jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
		module: { type: 'commonjs', ignoreDynamic: true },
	});
	writeFileSync(target.replace(/\.ts$/, '.js'), code);
}
