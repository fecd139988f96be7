import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILD_FOLDER } from '../session';
import type { Task, Work } from '../work';
import { findProgram } from './contender';
import type { Contender } from './contender';

interface Settings {
	id: string;
	title: string;
	/** File name, without extension, in bench/children. */
	program: string;
	can: Work['kind'][];
	options?: Contender['options'];
	/** Set in the program's environment. */
	env?: (task: Task) => NodeJS.ProcessEnv;
	missing?: () => Promise<string | undefined>;
	/** Refines `can`. */
	except?: (work: Work) => boolean;
	cannotBecause?: Contender['cannotBecause'];
}

/** For looking closer, such as `--cpu-prof --cpu-prof-dir=FOLDER`: arguments of Node for all programs of ours. */
const nodeArguments = (process.env.MESH_BENCH_NODE_ARGS ?? '').split(' ').filter((argument) => argument !== '');

/** A contender that is one of our Node programs, run as plain JavaScript in a process of its own. */
export function nodeProgram(settings: Settings): Contender {
	return {
		id: settings.id,
		title: settings.title,
		options: settings.options ?? {},
		missing: settings.missing ?? (async () => await Promise.resolve(undefined)),
		can: (work) => work.kind === 'idle' || (settings.can.includes(work.kind) && !settings.except?.(work)),
		cannotBecause: settings.cannotBecause,
		async command(task) {
			const taskPath = join(task.scratchPath, 'task.json');
			await writeFile(taskPath, JSON.stringify({ ...task, options: { ...settings.options, ...task.options } }));
			return {
				program: process.execPath,
				args: [...nodeArguments, join(BUILD_FOLDER, 'bench/children', `${settings.program}.js`), taskPath],
				env: settings.env?.(task),
				reports: true,
			};
		},
	};
}

/** Where it may be installed: here, or in the folder that MESH_BENCH_PEERS names. */
function entryPoint(): string {
	const folders = [process.env.MESH_BENCH_PEERS, process.cwd()].filter((folder) => folder !== undefined);
	for (const folder of folders) {
		try {
			return createRequire(join(folder, 'package.json')).resolve('nhs-mesh-client');
		} catch {
			// Not in this folder: the next one.
		}
	}
	return '';
}

const entry = entryPoint();

export const npmClient = nodeProgram({
	id: 'npm',
	title: 'npm nhs-mesh-client',
	program: 'npmClient',
	can: ['send', 'drain', 'sendMany'],
	except: (work) => work.kind === 'send' && (!work.gzip || work.source === 'generated'),
	cannotBecause: ({ kind }) =>
		kind === 'send'
			? 'it always compresses, in chunks of 10 MiB: there is no plain send to compare with'
			: kind === 'receive'
				? 'it reads a message into one string, which cannot hold more than 512 MiB'
				: undefined,
	options: { entry },
	async missing() {
		if (entry === '') return 'nhs-mesh-client is not installed (install it in a folder of its own and name the folder in MESH_BENCH_PEERS)';
		const script = `import(${JSON.stringify(pathToFileURL(entry).href)}).catch(() => process.exit(1))`;
		return await findProgram(
			process.execPath,
			['--input-type=module', '-e', script],
			'nhs-mesh-client cannot be loaded by this version of Node',
		);
	},
});
