import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { init, setPlatformAPI } from 'echarts';
import type { BarSeriesOption, EChartsOption, LineSeriesOption } from 'echarts';
import { medianOf, memoryAboveIdle, rateOf, resultOf } from './results';
import type { BenchResult, JobResult } from './results';
import { REPOSITORY } from './session';

const BULK = {
	'send-20': 'Send 1 GiB',
	'receive-20': 'Receive 1 GiB',
	'send-gzip': 'Send 1 GiB CSV, gzip',
	'receive-gzip': 'Receive 1 GiB CSV, gzip',
};
const MESSAGES = { drain: 'Drain', 'drain-20ms': 'Drain, 20 ms', 'send-many': 'Send', 'send-many-20ms': 'Send, 20 ms' };

/** `npm run bench:plot -- FIGURES.json [MORE.json ...] [FOLDER]`: draws what `npm run bench -- --json` has measured, in one run or several. */
function main(): void {
	const given = process.argv.slice(2);
	const paths = given.filter((argument) => argument.endsWith('.json'));
	if (paths.length === 0) throw new Error('Say which figures: npm run bench:plot -- FIGURES.json [MORE.json ...] [FOLDER]');
	const folder = given.find((argument) => !argument.endsWith('.json')) ?? join(REPOSITORY, 'docs/images');
	const jobs = paths.flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as BenchResult).jobs);
	const jobsOf = (names: Record<string, string>) => Object.keys(names).flatMap((id) => jobs.find(({ job }) => job.id === id) ?? []);

	mkdirSync(folder, { recursive: true });
	const charts: Record<string, string> = {
		'bench-bulk.svg': ratesChart('Large messages, 20 MiB chunks (higher is better)', jobsOf(BULK), BULK),
		'bench-messages.svg': ratesChart('Messages of 2 KiB, without and with 20 ms latency (higher is better)', jobsOf(MESSAGES), MESSAGES),
		'bench-memory.svg': memoryChart(jobs.filter(({ job }) => job.id.startsWith('memory-'))),
	};
	for (const [name, svg] of Object.entries(charts)) {
		writeFileSync(join(folder, name), svg);
		process.stdout.write(`${join(folder, name)}\n`);
	}
}

const WIDTH = 900;
const BAR_HEIGHT = 19;
const GRID_TOP = 130;
/** Above and below the bars. */
const MARGINS = GRID_TOP + 45;

/**
 * Bars of the median rate of the work itself, without the start of a process, because n8n runs already: a group for each job,
 * a bar for each contender; the text behind a bar has the range.
 */
function ratesChart(title: string, jobs: readonly JobResult[], names: Record<string, string>): string {
	const contenders = [
		...new Map(
			jobs.flatMap(({ contenders: all }) => all.filter(({ runs }) => runs.length > 0).map(({ id, title: text }) => [id, text] as const)),
		),
	];
	const series = contenders.map(
		([id, name]): BarSeriesOption => ({
			name,
			type: 'bar',
			itemStyle: { color: colourOf(id) },
			barGap: '10%',
			barCategoryGap: '25%',
			data: jobs.map((job) => {
				const result = resultOf(job, id);
				const rates = (result?.runs ?? []).map((run) => rateOf(job, run, 'workMs'));
				const median = result && medianOf(result, (run) => rateOf(job, run, 'workMs'));
				return median === undefined
					? null
					: { value: median, label: { formatter: `${shown(median)}  (${shown(Math.min(...rates))}–${shown(Math.max(...rates))})` } };
			}),
			label: { show: true, position: 'right', fontSize: 11, color: '#425563' },
		}),
	);
	return drawSvg(
		{
			title: { text: title, left: 10, top: 8, textStyle: { fontSize: 16 } },
			legend: { top: 38, left: 10, itemGap: 14, type: 'plain', width: WIDTH - 20 },
			grid: { left: 10, right: 110, top: GRID_TOP, bottom: 20, containLabel: true },
			xAxis: { type: 'value', name: jobs[0]?.job.unit, nameGap: 8, splitLine: { lineStyle: { color: '#e8edee' } } },
			yAxis: {
				type: 'category',
				inverse: true,
				data: jobs.map(({ job }) => names[job.id] ?? job.id),
				axisTick: { show: false },
				axisLabel: { fontSize: 13 },
			},
			series,
		},
		WIDTH,
		MARGINS + jobs.length * (contenders.length + 1) * BAR_HEIGHT,
	);
}

const shown = (rate: number): string => rate.toFixed(rate < 10 ? 1 : 0);

const MIB = 1024 * 1024;

/** Peak memory above an idle process, by size of the message: flat when memory does not grow with the message. */
function memoryChart(jobs: readonly JobResult[]): string {
	const line = (
		kind: 'send' | 'receive',
		gzip: boolean,
		color: string,
		limit: number,
		position: 'left' | 'right' | 'bottom',
	): LineSeriesOption => ({
		name: gzip ? `${kind}, gzip` : kind,
		type: 'line',
		color,
		symbolSize: 9,
		lineStyle: { width: 2 },
		data: jobs
			.flatMap((job) => {
				const ours = resultOf(job, 'client');
				const { work } = job.job;
				const above = work.kind === kind && work.gzip === gzip && ours ? memoryAboveIdle(ours) : undefined;
				return above === undefined || work.kind !== kind ? [] : [[work.bytes / MIB, Math.round(above / MIB)]];
			})
			.sort(([one], [other]) => one - other),
		label: {
			show: true,
			position,
			color,
			backgroundColor: '#ffffff',
			padding: [0, 2],
			formatter: ({ data }) => `${(data as number[])[1]} MiB`,
		},
		markLine: {
			silent: true,
			symbol: 'none',
			lineStyle: { type: 'dashed', color },
			label: { formatter: `limit ${gzip ? 'gzip' : kind}: ${limit} MiB`, position: 'end', color },
			data: [{ yAxis: limit }],
		},
	});
	return drawSvg(
		{
			title: { text: 'Peak memory above an idle process, by size of the message', left: 10, top: 8, textStyle: { fontSize: 16 } },
			legend: { top: 38, left: 10 },
			grid: { left: 20, right: 150, top: 95, bottom: 20, containLabel: true },
			xAxis: { type: 'log', min: 50, max: 50_000, axisLabel: { formatter: sizeLabel }, splitLine: { show: false } },
			yAxis: { type: 'value', min: 0, max: 100, name: 'MiB', splitLine: { lineStyle: { color: '#e8edee' } } },
			series: [
				line('send', false, '#005eb8', 50, 'bottom'),
				line('receive', false, '#007f74', 80, 'right'),
				line('send', true, '#b35900', 90, 'left'),
				line('receive', true, '#4f7d15', 90, 'bottom'),
			],
		},
		900,
		520,
	);
}

function sizeLabel(mib: number): string {
	return mib >= 1000 ? `${Math.round(mib / 1000)} GiB` : `${mib} MiB`;
}

const FONT = 'Helvetica, Arial, sans-serif';

/** Width of a character of the widest font that a reader's system may put in place of ours, in font sizes. */
const WIDEST_CHARACTER = 0.62;

// Without a browser nothing measures text; too much room between two labels is better than too little.
setPlatformAPI({
	measureText: (text, font) => ({ width: text.length * WIDEST_CHARACTER * Number(/(\d+(?:\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12) }),
});

/** Draws a chart without a browser. Sizes are pixels. On a white ground, so that it reads in dark mode as well. */
function drawSvg(option: EChartsOption, width: number, height: number): string {
	const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
	chart.setOption({ animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily: FONT }, ...option });
	const svg = chart.renderToSVGString();
	chart.dispose();
	return svg;
}

/** One colour per contender in every chart: ours in blues, the others apart from each other and from ours. */
const COLOURS: Record<string, string> = {
	client: '#005eb8',
	'client-level-1': '#41b6e6',
	'client-one-by-one': '#7c9fc4',
	engine: '#003087',
	curl: '#768692',
	'n8n-helper': '#ea4b71',
	'n8n-helper-8': '#f4a6b7',
	'n8n-hand-made': '#ea4b71',
	python: '#ffb81c',
	'python-requests': '#d5881e',
	npm: '#8a1538',
};

const colourOf = (contender: string): string => COLOURS[contender] ?? '#425563';

main();
