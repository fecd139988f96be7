import type { LineSeriesOption } from 'echarts';
import { memoryAboveIdle, resultOf } from '../measure/ratios';
import type { JobResult } from '../measure/results';
import { drawSvg } from './svg';

const MIB = 1024 * 1024;

/** Peak memory above an idle process, by size of the message: flat when memory does not grow with the message. */
export function memoryChart(jobs: readonly JobResult[]): string {
	const line = (kind: 'send' | 'receive', gzip: boolean, color: string, limit: number, position: 'left' | 'right' | 'bottom'): LineSeriesOption => ({
		name: gzip ? `${kind}, gzip` : kind, type: 'line', color, symbolSize: 9, lineStyle: { width: 2 },
		data: jobs.flatMap((job) => {
			const ours = resultOf(job, 'client');
			const { work } = job.job;
			const above = work.kind === kind && work.gzip === gzip && ours ? memoryAboveIdle(ours) : undefined;
			return above === undefined || work.kind !== kind ? [] : [[work.bytes / MIB, Math.round(above / MIB)]];
		}).sort(([one], [other]) => one - other),
		label: { show: true, position, color, backgroundColor: '#ffffff', padding: [0, 2], formatter: ({ data }) => `${(data as number[])[1]} MiB` },
		markLine: { silent: true, symbol: 'none', lineStyle: { type: 'dashed', color }, label: { formatter: `limit ${gzip ? 'gzip' : kind}: ${limit} MiB`, position: 'end', color }, data: [{ yAxis: limit }] },
	});
	return drawSvg({
		title: { text: 'Peak memory above an idle process, by size of the message', left: 10, top: 8, textStyle: { fontSize: 16 } },
		legend: { top: 38, left: 10 },
		grid: { left: 20, right: 150, top: 95, bottom: 20, containLabel: true },
		xAxis: { type: 'log', min: 50, max: 50_000, axisLabel: { formatter: sizeLabel }, splitLine: { show: false } },
		yAxis: { type: 'value', min: 0, max: 100, name: 'MiB', splitLine: { lineStyle: { color: '#e8edee' } } },
		series: [
			line('send', false, '#005eb8', 50, 'bottom'), line('receive', false, '#007f74', 80, 'right'),
			line('send', true, '#b35900', 90, 'left'), line('receive', true, '#4f7d15', 90, 'bottom'),
		],
	}, 900, 520);
}

function sizeLabel(mib: number): string {
	return mib >= 1000 ? `${Math.round(mib / 1000)} GiB` : `${mib} MiB`;
}
