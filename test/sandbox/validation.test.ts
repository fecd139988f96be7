import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** Reads times as a process does whose clock is not UTC: Node.js takes the zone at its start. */
function read(values: string[], zone: string): string[] {
	const program = `require('tsx/cjs/api').register();
		const { Validation } = require('./sandbox/errors/refusals.ts');
		const times = ${JSON.stringify(values)}.map((value) => new Date(new Validation().time('query', 'start_time', value, 0)).toISOString());
		process.stdout.write(JSON.stringify(times));`;
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- Node.js itself, with a program written here
	const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: ROOT, env: { ...process.env, TZ: zone }, encoding: 'utf8' });
	if (stdout === '') throw new Error(stderr);
	return JSON.parse(stdout) as string[];
}

it.each(['America/New_York', 'Asia/Kolkata'])('a time without a zone is UTC, also where the machine is in %s', (zone) => {
	const withoutZone = ['2026-07-01T10:00:00.123456', '2026-07-01T10:00:00', '2026-07-01 10:00', '1 Jul 2026 10:00', '2026-07-01'];
	expect(read(withoutZone, zone)).toEqual(['2026-07-01T10:00:00.123Z', '2026-07-01T10:00:00.000Z', '2026-07-01T10:00:00.000Z', '2026-07-01T10:00:00.000Z', '2026-07-01T00:00:00.000Z']);
	const withZone = ['2026-07-01T10:00:00Z', '2026-07-01T11:00:00+01:00', '2026-07-01T06:00:00-0400', 'Wed, 01 Jul 2026 10:00:00 GMT'];
	expect(read(withZone, zone)).toEqual(withZone.map(() => '2026-07-01T10:00:00.000Z'));
});
