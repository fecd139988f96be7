import type { Work } from './work';

/** One row block of the result: the same work, done by several contenders in turn. */
export interface Job {
	id: string;
	title: string;
	work: Work;
	/** Added to each of the server's answers. */
	latencyMs: number;
	/** Contender IDs, ours first. */
	contenders: string[];
	/** What a second is filled with. */
	unit: 'MB/s' | 'messages/s';
	/** Takes too long to run unless it is asked for by its full name. */
	onlyWhenNamed?: boolean;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SMALL_BYTES = 2048;
const LATENCY_MS = 20;

/** All jobs, in the order in which they run. `quick` keeps every kind of work and shrinks its size. */
export function allJobs(quick: boolean): Job[] {
	const bytes = quick ? 96 * MIB : GIB;
	const messages = quick ? 60 : 1000;
	return [
		...[20, 75].flatMap((chunk) => [sendPlain(bytes, chunk), receivePlain(bytes, chunk)]),
		sendGzip(bytes),
		receiveGzip(bytes),
		drain(messages, 0),
		drain(messages, LATENCY_MS),
		...(['files', 'text'] as const).map((kept) => inEngine(messages, kept)),
		n8nAlone(messages),
		sendMany(messages, 0),
		sendMany(messages, LATENCY_MS),
		workflow(quick ? 20 : 200),
		...(quick ? [20 * MIB] : [20 * MIB, 100 * MIB, 200 * MIB]).flatMap(binaryModes),
		...(quick ? [100 * MIB] : [100 * MIB, GIB, 20 * GIB]).flatMap((size) => [...memory(size, false), ...memory(size, true)]),
	];
}

function sendPlain(bytes: number, chunkMib: number): Job {
	return {
		id: `send-${chunkMib}`,
		title: `Send ${size(bytes)} that does not compress, in ${chunkMib} MiB chunks`,
		work: { kind: 'send', content: 'random', bytes, chunkBytes: chunkMib * MIB, gzip: false, source: 'file' },
		latencyMs: 0,
		unit: 'MB/s',
		contenders: ['client', 'engine', 'curl', 'n8n-helper', 'python', 'python-requests', 'npm'],
	};
}

function receivePlain(bytes: number, chunkMib: number): Job {
	return {
		id: `receive-${chunkMib}`,
		title: `Receive ${size(bytes)} that does not compress, in ${chunkMib} MiB chunks, to a file`,
		work: { kind: 'receive', content: 'random', bytes, chunkBytes: chunkMib * MIB, gzip: false, target: 'file' },
		latencyMs: 0,
		unit: 'MB/s',
		contenders: ['client', 'engine', 'curl', 'n8n-helper', 'python', 'python-requests', 'npm'],
	};
}

function sendGzip(bytes: number): Job {
	return {
		id: 'send-gzip',
		title: `Send ${size(bytes)} of CSV with gzip, in 20 MiB chunks`,
		work: { kind: 'send', content: 'csv', bytes, chunkBytes: 20 * MIB, gzip: true, source: 'file' },
		latencyMs: 0,
		unit: 'MB/s',
		contenders: ['client', 'client-level-1', 'engine', 'curl', 'n8n-helper', 'python', 'python-requests', 'npm'],
	};
}

function receiveGzip(bytes: number): Job {
	return {
		id: 'receive-gzip',
		title: `Receive ${size(bytes)} of CSV with gzip, in 20 MiB chunks, to a file`,
		work: { kind: 'receive', content: 'csv', bytes, chunkBytes: 20 * MIB, gzip: true, target: 'file' },
		latencyMs: 0,
		unit: 'MB/s',
		contenders: ['client', 'engine', 'curl', 'n8n-helper', 'python', 'python-requests', 'npm'],
	};
}

const after = (latencyMs: number): string => (latencyMs > 0 ? `, ${latencyMs} ms added to each answer` : '');
const suffix = (latencyMs: number): string => (latencyMs > 0 ? `-${latencyMs}ms` : '');

function drain(messages: number, latencyMs: number): Job {
	return {
		id: `drain${suffix(latencyMs)}`,
		title: `Drain ${messages} messages of 2 KiB: list, download, acknowledge${after(latencyMs)}`,
		work: { kind: 'drain', messages, bytes: SMALL_BYTES },
		latencyMs,
		unit: 'messages/s',
		contenders: ['client', 'client-one-by-one', 'engine', 'curl', 'n8n-helper', 'n8n-helper-8', 'python', 'python-requests', 'npm'],
	};
}

/** What the settings of node and credential come to in n8n's engine. */
function inEngine(messages: number, kept: 'files' | 'text'): Job {
	return {
		id: `drain-n8n-${kept}`,
		title: `Drain ${messages} messages of 2 KiB in n8n's engine, their content as ${kept}`,
		work: { kind: 'drain', messages, bytes: SMALL_BYTES },
		latencyMs: 0,
		unit: 'messages/s',
		contenders:
			kept === 'files'
				? ['engine', 'engine-4', 'engine-2', 'engine-1']
				: ['engine-text', 'engine-text-4', 'engine-text-2', 'engine-text-1'],
	};
}

function n8nAlone(messages: number): Job {
	return {
		id: 'drain-n8n-alone',
		title: `The same by nodes that ask MESH nothing: what n8n itself takes for ${messages} items`,
		work: { kind: 'n8nAlone', messages, bytes: SMALL_BYTES },
		latencyMs: 0,
		unit: 'messages/s',
		contenders: ['engine', 'engine-text'],
	};
}

function sendMany(messages: number, latencyMs: number): Job {
	return {
		id: `send-many${suffix(latencyMs)}`,
		title: `Send ${messages} messages of 2 KiB${after(latencyMs)}`,
		work: { kind: 'sendMany', messages, bytes: SMALL_BYTES },
		latencyMs,
		unit: 'messages/s',
		contenders: ['client', 'client-one-by-one', 'engine', 'curl', 'n8n-helper', 'n8n-helper-8', 'python', 'python-requests', 'npm'],
	};
}

function workflow(messages: number): Job {
	return {
		id: 'n8n',
		title: `Real n8n: ${messages} messages of 2 KiB, from a workflow's first listing of the inbox to the last acknowledgement`,
		work: { kind: 'workflow', messages, bytes: SMALL_BYTES },
		latencyMs: 0,
		unit: 'messages/s',
		contenders: ['n8n-ours', 'n8n-ours-one-each', 'n8n-hand-made'],
	};
}

/** n8n's two ways of keeping files, at sizes for which its memory mode is still thinkable. */
function binaryModes(bytes: number): Job[] {
	const name = size(bytes).replace(' ', '');
	const work = { content: 'random', bytes, chunkBytes: 20 * MIB, gzip: false } as const;
	const rest = { latencyMs: 0, unit: 'MB/s', contenders: ['engine', 'engine-memory'] } as const;
	return [
		{
			id: `modes-send-${name}`,
			title: `n8n's binary data on disk or in memory: send ${size(bytes)}`,
			work: { kind: 'send', ...work, source: 'file' },
			...rest,
			contenders: [...rest.contenders],
		},
		{
			id: `modes-receive-${name}`,
			title: `n8n's binary data on disk or in memory: receive ${size(bytes)}`,
			work: { kind: 'receive', ...work, target: 'file' },
			...rest,
			contenders: [...rest.contenders],
		},
	];
}

/** Without a disk: from a generated source, to a sink that counts. */
function memory(bytes: number, gzip: boolean): Job[] {
	const name = `${gzip ? 'gzip-' : ''}${size(bytes).replace(' ', '')}`;
	const what = `${size(bytes)}${gzip ? ' of CSV with gzip' : ''}`;
	const work = { content: gzip ? 'csv' : 'random', bytes, chunkBytes: 20 * MIB, gzip } as const;
	// Compressing 20 GiB three times takes the better part of an hour.
	const rest = { latencyMs: 0, unit: 'MB/s', onlyWhenNamed: gzip && bytes > GIB } as const;
	return [
		{
			id: `memory-send-${name}`,
			title: `Memory: send ${what} from a generated source`,
			work: { kind: 'send', ...work, source: 'generated' },
			...rest,
			contenders: ['client'],
		},
		{
			id: `memory-receive-${name}`,
			title: `Memory: receive ${what} to a sink that counts`,
			work: { kind: 'receive', ...work, target: 'count' },
			...rest,
			contenders: ['client'],
		},
	];
}

const size = (bytes: number): string => (bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`);
