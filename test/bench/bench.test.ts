import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { median, memoryAboveIdle, rateOf, timesFaster } from '../../bench/results';
import type { JobResult, Run } from '../../bench/results';
import { judge } from '../../bench/targets';
import { turnsOf } from '../../bench/runJob';
import { Content } from '../../bench/server/content';
import { parseArguments } from '../../bench/cli';

const run = (round: number, wallMs: number, more: Partial<Run> = {}): Run => ({
	round,
	wallMs,
	server: {
		requests: 0,
		connections: 0,
		resumed: 0,
		uploadedBytes: 0,
		downloadedBytes: 0,
		messagesSent: 0,
		acknowledged: 0,
		cpuSeconds: 0,
		faults: [],
	},
	...more,
});

const job = (runs: Record<string, Run[]>): JobResult => ({
	job: {
		id: 'job',
		title: 'Job',
		latencyMs: 0,
		unit: 'messages/s',
		contenders: Object.keys(runs),
		work: { kind: 'drain', messages: 100, bytes: 1 },
	},
	contenders: Object.entries(runs).map(([id, its]) => ({ id, title: id, runs: its })),
});

describe('the figures of the benchmark', () => {
	it('compares contenders within each round, so that a machine that is slow for one round changes nothing', () => {
		const result = job({ fast: [run(1, 10), run(2, 100), run(3, 10)], slow: [run(1, 30), run(2, 300), run(3, 30)] });
		expect(timesFaster(result, 'fast', 'slow')).toBe(3);
	});

	it('leaves out rounds in which one of the two has no run', () => {
		expect(timesFaster(job({ fast: [run(1, 10), run(2, 10)], slow: [run(2, 20)] }), 'fast', 'slow')).toBe(2);
	});

	it('gives no ratio to a contender that took no part', () => {
		expect(timesFaster(job({ fast: [run(1, 10)], slow: [] }), 'fast', 'slow')).toBeUndefined();
		expect(timesFaster(job({ fast: [run(1, 10)] }), 'fast', 'absent')).toBeUndefined();
	});

	it('counts messages, or megabytes of 10^6 bytes, in each second', () => {
		const messages = job({ a: [] });
		expect(rateOf(messages, run(1, 500))).toBe(200);
		const bytes: JobResult = {
			...messages,
			job: { ...messages.job, work: { kind: 'send', content: 'csv', bytes: 3e6, chunkBytes: 1, gzip: false, source: 'file' } },
		};
		expect(rateOf(bytes, run(1, 500))).toBe(6);
	});

	it('takes idle memory from the median peak', () => {
		const contender = {
			id: 'a',
			title: 'a',
			runs: [run(1, 1, { peakRssBytes: 90 }), run(2, 1, { peakRssBytes: 100 }), run(3, 1, { peakRssBytes: 400 })],
		};
		expect(memoryAboveIdle({ ...contender, idle: { wallMs: 1, peakRssBytes: 60 } })).toBe(40);
		expect(memoryAboveIdle(contender)).toBeUndefined();
	});

	it('finds a median that does not depend on order and lies between the extremes', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
				const middle = median(values) ?? NaN;
				expect(median([...values].reverse())).toBe(middle);
				expect(middle).toBeGreaterThanOrEqual(Math.min(...values));
				expect(middle).toBeLessThanOrEqual(Math.max(...values));
			}),
		);
		expect(median([])).toBeUndefined();
		expect(median([4, 1, 3, 2])).toBe(2.5);
	});
});

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

describe('the order in which contenders take their turns', () => {
	it('begins with another one in each round, and leaves nobody out', () => {
		expect([1, 2, 3, 4].map((round) => turnsOf(['a', 'b', 'c'], round))).toEqual([
			['a', 'b', 'c'],
			['b', 'c', 'a'],
			['c', 'a', 'b'],
			['a', 'b', 'c'],
		]);
		expect(turnsOf([], 2)).toEqual([]);
	});
});

const MIB = 1024 * 1024;

describe('the content that the benchmark moves', () => {
	it.each(['random', 'csv'] as const)('%s: is the same wherever its pieces are cut, so that any download can be checked', (kind) => {
		const content = Content.of(kind);
		fc.assert(
			fc.property(fc.nat(3 * content.period), fc.nat(5000), fc.nat(5000), (start, first, second) => {
				const joined = Buffer.concat([content.copy(start, start + first), content.copy(start + first, start + first + second)]);
				expect(joined.length).toBe(first + second);
				expect(content.matches(start, joined)).toBe(true);
			}),
			{ numRuns: 50 },
		);
	});

	it('notices a single changed byte, also behind the end of a period', () => {
		const content = Content.of('random');
		const start = content.period - 10;
		const bytes = content.copy(start, start + 20);
		bytes[15] ^= 1;
		expect(content.matches(start, bytes)).toBe(false);
	});

	it('compresses as its kind says: random not at all, CSV about four times', () => {
		const ratio = (kind: 'random' | 'csv'): number => (2 * MIB) / gzipSync(Content.of(kind).copy(0, 2 * MIB), { level: 6 }).length;
		expect(ratio('random')).toBeLessThan(1.01);
		expect(ratio('csv')).toBeGreaterThan(3);
		expect(ratio('csv')).toBeLessThan(6);
	});
});

describe('the arguments of npm run bench', () => {
	it('runs everything at full size when nothing is said', () => {
		expect(parseArguments([])).toEqual({ only: [], contenders: [], quick: false, list: false, help: false });
	});

	it('takes a value after a space or after an equals sign, because both are typed', () => {
		expect(parseArguments(['--json', 'a.json', '--only=drain,send-20'])).toMatchObject({ jsonPath: 'a.json', only: ['drain', 'send-20'] });
	});

	it('adds up repeated lists', () => {
		expect(parseArguments(['--only', 'drain', '--only', 'send-20', '--contenders', 'client, curl'])).toMatchObject({
			only: ['drain', 'send-20'],
			contenders: ['client', 'curl'],
		});
	});

	it('refuses an option whose value is another option, so that --json --quick does not write a file named --quick', () => {
		expect(() => parseArguments(['--json', '--quick'])).toThrow('--json needs a value');
	});

	it.each(['0', '-1', '1.5', 'many', '1000'])('refuses %s rounds', (rounds) => {
		expect(() => parseArguments([`--rounds=${rounds}`])).toThrow('whole number');
	});

	it('names an argument it does not know', () => {
		expect(() => parseArguments(['--fast'])).toThrow('Unknown argument "--fast"');
	});
});
