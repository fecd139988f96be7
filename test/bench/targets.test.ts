import type { JobResult, Run } from '../../bench/results';
import { judge } from '../../bench/targets';

const server = {
	requests: 52,
	connections: 2,
	resumed: 1,
	uploadedBytes: 0,
	downloadedBytes: 0,
	messagesSent: 1,
	acknowledged: 0,
	cpuSeconds: 0,
	faults: [],
};
const runs = (wallMs: number, workMs = wallMs): Run[] =>
	[1, 2, 3].map((round) => ({ round, wallMs, workMs, peakRssBytes: 100 * 1024 * 1024, server }));
const idle = { wallMs: 1, peakRssBytes: 60 * 1024 * 1024 };

const send = (times: Record<string, Run[]>): JobResult => ({
	job: {
		id: 'send-20',
		title: 'Send',
		latencyMs: 0,
		unit: 'MB/s',
		contenders: Object.keys(times),
		work: { kind: 'send', content: 'random', bytes: 1, chunkBytes: 1, gzip: false, source: 'file' },
	},
	contenders: Object.entries(times).map(([id, its]) => ({ id, title: id, runs: its, idle })),
});

const outcomeOf = (jobs: JobResult[], id: string): string | undefined => judge(jobs).find((target) => target.id === id)?.outcome;

describe('the targets of the benchmark', () => {
	it.each([
		[1000, 'stretch reached'],
		[1200, 'reached'],
		[1400, 'not reached'],
	])('a client that takes %i ms where curl takes 1000 ms: %s', (wallMs, outcome) => {
		expect(outcomeOf([send({ client: runs(wallMs), curl: runs(1000) })], 'send-20:client/curl')).toBe(outcome);
	});

	it('count whole processes, and tell the ratio of the work alone beside it', () => {
		const [target] = judge([send({ client: runs(2000, 1000), curl: runs(2400, 1800) })]).filter(({ id }) => id === 'send-20:client/curl');
		expect([target.measured, target.workAlone]).toEqual([1.2, 1.8]);
	});

	it('are not measured, and say what they need, when a contender is absent', () => {
		const target = judge([send({ client: runs(1000) })]).find(({ id }) => id === 'send-20:client/python');
		expect(target).toMatchObject({ outcome: 'not measured', reason: 'needs send-20 with python' });
		expect(target?.measured).toBeUndefined();
	});

	it('take limits from above: memory over idle, and full handshakes', () => {
		const jobs = [send({ client: runs(1000) })];
		expect(outcomeOf(jobs, 'send-20:memory')).toBe('reached');
		expect(outcomeOf(jobs, 'send-20:handshakes')).toBe('reached');
	});

	it('compare the node with the client without the start of a process, because n8n runs already', () => {
		const jobs = [send({ client: runs(1300, 1000), engine: runs(5000, 1200) })];
		expect(outcomeOf(jobs, 'send-20:inside n8n')).toBe('reached');
	});

	it('count the handshakes of our workflows in n8n over all turns, because all of them happen in one process', () => {
		const turn = (round: number, connections: number, resumed: number): Run => ({
			round,
			wallMs: 1,
			server: { ...server, connections, resumed },
		});
		const workflow = (warmUp: Run, later: Run): JobResult => ({
			job: { id: 'n8n', title: 'n8n', latencyMs: 0, unit: 'messages/s', contenders: [], work: { kind: 'workflow', messages: 1, bytes: 1 } },
			contenders: [
				{ id: 'n8n-ours', title: 'ours', warmUp, runs: [later] },
				{ id: 'n8n-hand-made', title: 'by hand', warmUp: turn(0, 40, 0), runs: [turn(1, 40, 0)] },
			],
		});
		expect(outcomeOf([workflow(turn(0, 8, 7), turn(1, 2, 2))], 'n8n:handshakes')).toBe('reached');
		expect(outcomeOf([workflow(turn(0, 8, 7), turn(1, 2, 1))], 'n8n:handshakes')).toBe('not reached');
	});
});
