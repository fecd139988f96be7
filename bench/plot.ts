/** `npm run bench:plot -- FIGURES.json [MORE.json ...] [FOLDER]`: draws what `npm run bench -- --json` has measured, in one run or several. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './build';
import type { BenchResult } from './measure/results';
import { memoryChart } from './plots/memory';
import { ratesChart } from './plots/rates';

const BULK = { 'send-20': 'Send 1 GiB', 'receive-20': 'Receive 1 GiB', 'send-gzip': 'Send 1 GiB CSV, gzip', 'receive-gzip': 'Receive 1 GiB CSV, gzip' };
const MESSAGES = { drain: 'Drain', 'drain-20ms': 'Drain, 20 ms', 'send-many': 'Send', 'send-many-20ms': 'Send, 20 ms' };

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
