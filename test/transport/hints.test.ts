import type { IExecuteFunctions, NodeExecutionHint } from 'n8n-workflow';
import { RunHints } from '../../nodes/Mesh/transport/hints';

const MIB = 1024 * 1024;
const inMemory = { data: 'base64', mimeType: 'a/b' };

/** What a node sees of its host, as far as warnings go. */
function host(withHints = true) {
	const hints: NodeExecutionHint[] = [];
	const log: string[] = [];
	const context = {
		getNode: () => ({ name: 'MESH' }),
		logger: { warn: (message: string) => log.push(message) },
		...(withHints ? { addExecutionHints: (...added: NodeExecutionHint[]) => hints.push(...added) } : {}),
	} as unknown as IExecuteFunctions;
	return { context, hints, log };
}

describe('a warning about the store of a large file', () => {
	test.each([
		['memory', inMemory],
		['its database', { ...inMemory, id: 'database:1' }],
	])('warns once in a run when a large file lies in %s', (place, stored) => {
		const { context, hints, log } = host();
		const run = new RunHints(context);
		for (let i = 0; i < 3; i++) run.warnAboutStore(stored, (100 + i / 10) * MIB, 'received');
		expect(hints).toEqual([expect.objectContaining({ message: expect.stringContaining(`100 MiB in ${place}`) })]);
		expect(log).toHaveLength(1);
	});

	test.each([
		['a small file', inMemory, 10 * MIB],
		['a file on disk', { ...inMemory, id: 'filesystem-v2:x' }, 500 * MIB],
		['a file in S3', { ...inMemory, id: 's3:x' }, 500 * MIB],
	])('says nothing about %s', (_what, stored, bytes) => {
		const { context, hints, log } = host();
		new RunHints(context).warnAboutStore(stored, bytes, 'received');
		expect([...hints, ...log]).toEqual([]);
	});

	test('says how to keep received messages small, which does not help where one is sent', () => {
		const [received, sent] = (['received', 'sent'] as const).map((direction) => {
			const { context, log } = host();
			new RunHints(context).warnAboutStore(inMemory, 100 * MIB, direction);
			return log.join();
		});
		expect([received, sent].map((text) => text.includes('Maximum Size'))).toEqual([true, false]);
	});

	test('older n8n without hints still gets the line in the log', () => {
		const { context, log } = host(false);
		new RunHints(context).warnAboutStore(inMemory, 100 * MIB, 'received');
		expect(log).toHaveLength(1);
	});
});
