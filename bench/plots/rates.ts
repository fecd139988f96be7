import type { BarSeriesOption } from 'echarts';
import { medianOf, rateOf, resultOf } from '../measure/ratios';
import type { JobResult } from '../measure/results';
import { colourOf } from './colours';
import { drawSvg } from './svg';

const WIDTH = 900;
const BAR_HEIGHT = 19;
const GRID_TOP = 130;
/** Above and below the bars. */
const MARGINS = GRID_TOP + 45;

/**
 * Bars of the median rate of the work itself, without the start of a process, because n8n runs already: a group for each job,
 * a bar for each contender; the text behind a bar has the range.
 */
export function ratesChart(title: string, jobs: readonly JobResult[], names: Record<string, string>): string {
	const contenders = [...new Map(jobs.flatMap(({ contenders: all }) => all.filter(({ runs }) => runs.length > 0).map(({ id, title: text }) => [id, text] as const)))];
	const series = contenders.map(([id, name]): BarSeriesOption => ({
		name, type: 'bar', itemStyle: { color: colourOf(id) }, barGap: '10%', barCategoryGap: '25%',
		data: jobs.map((job) => {
			const result = resultOf(job, id);
			const rates = (result?.runs ?? []).map((run) => rateOf(job, run, 'workMs'));
			const median = result && medianOf(result, (run) => rateOf(job, run, 'workMs'));
			return median === undefined ? null : { value: median, label: { formatter: `${shown(median)}  (${shown(Math.min(...rates))}–${shown(Math.max(...rates))})` } };
		}),
		label: { show: true, position: 'right', fontSize: 11, color: '#425563' },
	}));
	return drawSvg({
		title: { text: title, left: 10, top: 8, textStyle: { fontSize: 16 } },
		legend: { top: 38, left: 10, itemGap: 14, type: 'plain', width: WIDTH - 20 },
		grid: { left: 10, right: 110, top: GRID_TOP, bottom: 20, containLabel: true },
		xAxis: { type: 'value', name: jobs[0]?.job.unit, nameGap: 8, splitLine: { lineStyle: { color: '#e8edee' } } },
		yAxis: { type: 'category', inverse: true, data: jobs.map(({ job }) => names[job.id] ?? job.id), axisTick: { show: false }, axisLabel: { fontSize: 13 } },
		series,
	}, WIDTH, MARGINS + jobs.length * (contenders.length + 1) * BAR_HEIGHT);
}

const shown = (rate: number): string => rate.toFixed(rate < 10 ? 1 : 0);
