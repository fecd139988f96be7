import type { Task, Work } from '../work';
import type { Contender } from './programs';
import { curl } from './curl';
import { nhsPythonClient, nodeProgram, npmClient, pythonRequests } from './programs';

const ours = ['send', 'receive', 'drain', 'sendMany'] as const;

const withoutFiles = (work: Work): boolean =>
	(work.kind === 'send' && work.source === 'generated') || (work.kind === 'receive' && work.target === 'count');

/** A folder of its own for everything n8n writes; it goes away with the run. */
const n8nEnvironment = ({ scratchPath }: Task): NodeJS.ProcessEnv => ({
	N8N_USER_FOLDER: scratchPath,
	N8N_ENCRYPTION_KEY: 'benchmark-only',
	N8N_LOG_LEVEL: 'silent',
});

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
		can: [...ours],
		except: withoutFiles,
		env: n8nEnvironment,
	}),
	nodeProgram({
		id: 'engine-memory',
		title: 'ours: the node, n8n keeping binary data in memory',
		program: 'engine',
		can: ['send', 'receive'],
		except: withoutFiles,
		env: n8nEnvironment,
		options: { binaryData: 'memory' },
	}),
	curl,
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

export type { Contender } from './programs';
