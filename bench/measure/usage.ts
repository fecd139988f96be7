import { cpuSeconds } from './cpuSeconds';
import { forgetPeakRss, peakRssOf } from './peakRss';
import type { OwnReport } from '../work';

/**
 * What a process that goes on running uses from now on (Linux; nothing elsewhere).
 * @returns a function that tells
 */
export function watchUsage(pid: number): () => Pick<OwnReport, 'cpuSeconds' | 'peakRssBytes'> {
	forgetPeakRss(pid);
	const before = cpuSecondsOf(pid);
	return () => {
		const after = cpuSecondsOf(pid);
		return { cpuSeconds: before === undefined || after === undefined ? undefined : after - before, peakRssBytes: peakRssOf(pid) };
	};
}

function cpuSecondsOf(pid: number): number | undefined {
	try {
		return cpuSeconds(pid);
	} catch {
		return undefined;
	}
}
