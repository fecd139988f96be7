import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../build';
import type { Contender } from './contender';
import { findProgram } from './findProgram';

const python = process.env.MESH_BENCH_PYTHON ?? 'python3';

/** The client that NHS England publishes for Python, where it is installed (pip's mesh-client, 3.x). */
export const pythonClient: Contender = {
	id: 'python',
	title: 'NHS Python client',
	options: {},
	missing: async () => await findProgram(python, ['-c', 'import mesh_client'],
		'the Python package mesh-client is not installed (MESH_BENCH_PYTHON may name another python)'),
	can: (work) => work.kind !== 'workflow' && !(work.kind === 'send' && work.source === 'generated') && !(work.kind === 'receive' && work.target === 'count'),
	async command(task) {
		const taskPath = join(task.scratchPath, 'task.json');
		await writeFile(taskPath, JSON.stringify(task));
		return { program: python, args: [join(REPOSITORY, 'bench/children/pythonClient.py'), taskPath], reports: true };
	},
};
