import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { curlCommand } from './curl';
import { BUILD_FOLDER, REPOSITORY } from './session';
import type { Command, Task, Work } from './work';

/** One way to do the jobs. */
export interface Contender {
	readonly id: string;
	readonly title: string;
	/** What makes this variant different, handed to its program. */
	readonly options: Record<string, number | string | boolean>;
	/** The reason why it cannot run on this machine, or nothing when it can. */
	missing(): Promise<string | undefined>;
	can(work: Work): boolean;
	/** Why it cannot do a kind of work for which the others are compared. */
	cannotBecause?(work: Work): string | undefined;
	/** Files the command needs are written into the task's scratch folder, before the clock starts. */
	command(task: Task): Promise<Command>;
}

/** Why a program cannot be started, or nothing when it can. */
async function findProgram(program: string, args: string[], reason = `${program} is not installed`): Promise<string | undefined> {
	return await new Promise((resolve) => {
		execFile(program, args, { timeout: 60_000 }, (error) => {
			resolve(error ? reason : undefined);
		});
	});
}

interface NodeSettings {
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
function nodeProgram(settings: NodeSettings): Contender {
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

const npmClient = nodeProgram({
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

const python = process.env.MESH_BENCH_PYTHON ?? 'python3';

interface PythonSettings {
	id: string;
	title: string;
	/** File name in bench/children. */
	program: string;
	/** What the program imports, and the package that has it. */
	module: string;
	distribution: string;
}

function pythonProgram({ id, title, program, module, distribution }: PythonSettings): Contender {
	return {
		id,
		title,
		options: {},
		missing: async () =>
			await findProgram(
				python,
				['-c', `import ${module}`],
				`the Python package ${distribution} is not installed (MESH_BENCH_PYTHON may name another python)`,
			),
		can: (work) =>
			work.kind !== 'workflow' &&
			!(work.kind === 'send' && work.source === 'generated') &&
			!(work.kind === 'receive' && work.target === 'count'),
		async command(task) {
			const taskPath = join(task.scratchPath, 'task.json');
			await writeFile(taskPath, JSON.stringify(task));
			return { program: python, args: ['-B', join(REPOSITORY, 'bench/children', program), taskPath], reports: true };
		},
	};
}

/** The client that NHS England publishes for Python, where it is installed (pip's mesh-client, 3.x). */
const nhsPythonClient = pythonProgram({
	id: 'python',
	title: 'NHS Python client',
	program: 'pythonClient.py',
	module: 'mesh_client',
	distribution: 'mesh-client',
});

/** The library under that client doing the same without it: a measure where the client itself cannot be had. */
const pythonRequests = pythonProgram({
	id: 'python-requests',
	title: 'Python requests, as the NHS client uses it',
	program: 'pythonRequests.py',
	module: 'requests',
	distribution: 'requests',
});

const ours = ['send', 'receive', 'drain', 'sendMany'] as const;

const withoutFiles = (work: Work): boolean =>
	(work.kind === 'send' && work.source === 'generated') || (work.kind === 'receive' && work.target === 'count');

/** A folder of its own for everything n8n writes; it goes away with the run. */
const n8nEnvironment = ({ scratchPath }: Task): NodeJS.ProcessEnv => ({
	N8N_USER_FOLDER: scratchPath,
	N8N_ENCRYPTION_KEY: 'benchmark-only',
	N8N_LOG_LEVEL: 'silent',
});

/** The node with content as files or as text, and with several values for Connections at Once. */
function engineVariants(): Contender[] {
	return (['binary', 'text'] as const).flatMap((outputAs) =>
		[8, 4, 2, 1].flatMap((connections) => {
			const isDefault = connections === 8;
			if (outputAs === 'binary' && isDefault) return [];
			return nodeProgram({
				id: `engine${outputAs === 'text' ? '-text' : ''}${isDefault ? '' : `-${connections}`}`,
				title: `ours: the node, content as ${outputAs === 'text' ? 'text' : 'files'}, ${connections} connections at once`,
				program: 'engine',
				can: ['drain', ...(isDefault ? (['n8nAlone'] as const) : [])],
				env: n8nEnvironment,
				options: { outputAs, connections },
			});
		}),
	);
}

/** In the order in which they take their turns. */
export const CONTENDERS: readonly Contender[] = [
	nodeProgram({ id: 'client', title: 'ours: the client', program: 'client', can: [...ours] }),
	nodeProgram({ id: 'client-level-1', title: 'ours: the client, gzip level 1', program: 'client', can: ['send'], options: { level: 1 } }),
	nodeProgram({
		id: 'client-one-by-one',
		title: 'ours: the client, one message after the other',
		program: 'client',
		can: ['drain', 'sendMany'],
		options: { atOnce: 1 },
	}),
	nodeProgram({
		id: 'engine',
		title: "ours: the node in n8n's engine",
		program: 'engine',
		can: [...ours, 'n8nAlone'],
		except: withoutFiles,
		env: n8nEnvironment,
	}),
	...engineVariants(),
	nodeProgram({
		id: 'engine-memory',
		title: 'ours: the node, n8n keeping binary data in memory',
		program: 'engine',
		can: ['send', 'receive'],
		except: withoutFiles,
		env: n8nEnvironment,
		options: { binaryData: 'memory' },
	}),
	{
		id: 'curl',
		title: 'curl, one kept-alive connection',
		options: {},
		missing: async () => await findProgram('curl', ['--version']),
		can: (work) => work.kind !== 'idle' && work.kind !== 'workflow' && !(work.kind === 'send' && work.source === 'generated'),
		command: curlCommand,
	},
	nodeProgram({
		id: 'n8n-helper',
		title: "n8n's HTTP request helper, one request after the other",
		program: 'n8nHelper',
		can: [...ours],
		except: withoutFiles,
		env: n8nEnvironment,
	}),
	nodeProgram({
		id: 'n8n-helper-8',
		title: "n8n's HTTP request helper, 8 requests at once",
		program: 'n8nHelper',
		can: ['drain', 'sendMany'],
		env: n8nEnvironment,
		options: { atOnce: 8 },
	}),
	nhsPythonClient,
	pythonRequests,
	npmClient,
];
