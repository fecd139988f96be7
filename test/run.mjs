// npm test: lint, types and build run one after the other beside the fast tests. What they print is kept until the tests have ended,
// so that neither is torn by the other; the exit status is that of all together. Arguments go to jest.
import { spawn } from 'node:child_process';

const CHECKS = ['lint', 'typecheck', 'build'];

/** @returns {Promise<{ ok: boolean, output: string }>} */
function run(command, args, stdio) {
	return new Promise((resolve) => {
		let output = '';
		const child = spawn(command, args, { stdio });
		const keep = (text) => (output += text);
		child.stdout?.on('data', keep);
		child.stderr?.on('data', keep);
		child.once('error', (error) => resolve({ ok: false, output: `${error.message}\n` }));
		child.once('close', (status) => resolve({ ok: status === 0, output }));
	});
}

async function checks() {
	const results = [];
	for (const check of CHECKS) results.push({ check, ...(await run('npm', ['run', '--silent', check], ['ignore', 'pipe', 'pipe'])) });
	return results;
}

const checking = checks();
const tests = await run('npx', ['--no-install', 'jest', ...process.argv.slice(2), '--selectProjects', 'fast'], 'inherit');
const results = await checking;
for (const { check, ok, output } of results) console.log(`npm run ${check}: ${ok ? 'passed' : `FAILED\n${output}`}`);
if (!tests.ok) console.log('The tests FAILED: see above');
process.exitCode = tests.ok && results.every(({ ok }) => ok) ? 0 : 1;
