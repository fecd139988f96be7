import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateSet } from '../../../sandbox';

/** How a program ended, and what it printed. */
interface Ended {
	status: number | null;
	output: string;
	errors: string;
}

/** Whether a program runs and succeeds, as a check that it is there. */
// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- clients in other languages are what is tested; none of this is published
export const succeeds = (program: string, argv: string[]): boolean => spawnSync(program, argv).status === 0;

/** Runs a program to its end, away from this machine's settings for proxies and certificates. */
export function run(program: string, argv: string[], input?: Buffer): Promise<Ended> {
	return new Promise((resolve, reject) => {
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- as above
		const child = spawn(program, argv, { env: { PATH: process.env.PATH } });
		let output = '';
		let errors = '';
		child.stdout.on('data', (text: Buffer) => (output += text.toString('latin1')));
		child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
		child.once('error', reject);
		child.once('close', (status) => resolve({ status, output: Buffer.from(output, 'latin1').toString(), errors }));
		child.stdin.on('error', () => undefined);
		child.stdin.end(input);
	});
}

/** A test that needs something this machine may lack; it then says what. */
export function testWhere(condition: boolean, lacking: string, title: string, body: () => Promise<void>): void {
	if (condition) test(title, body);
	else process.stderr.write(`Not run, for want of ${lacking}: ${title}\n`);
}

/** Writes the client's files into a folder of its own, as the sandbox's command line does. */
export function certificateFiles({ ca, client }: CertificateSet): { folder: string; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), 'mesh-client-test-'));
	for (const [name, content] of [
		['ca', ca],
		['client-cert', client.certificate],
		['client-key', client.privateKey],
	])
		writeFileSync(join(folder, `${name}.pem`), content, { mode: 0o600 });
	return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
