import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD_FOLDER } from '../build';
import type { Task, Work } from '../work';
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
