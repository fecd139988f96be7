import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../session';
import { findProgram } from './contender';
import type { Contender } from './contender';

const python = process.env.MESH_BENCH_PYTHON ?? 'python3';

interface Settings {
	id: string;
	title: string;
	/** File name in bench/children. */
	program: string;
	/** What the program imports, and the package that has it. */
	module: string;
	distribution: string;
}

function pythonProgram({ id, title, program, module, distribution }: Settings): Contender {
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
export const nhsPythonClient = pythonProgram({
	id: 'python',
	title: 'NHS Python client',
	program: 'pythonClient.py',
	module: 'mesh_client',
	distribution: 'mesh-client',
});

/** The library under that client doing the same without it: a measure where the client itself cannot be had. */
export const pythonRequests = pythonProgram({
	id: 'python-requests',
	title: 'Python requests, as the NHS client uses it',
	program: 'pythonRequests.py',
	module: 'requests',
	distribution: 'requests',
});
