import { createProgress } from '../../n8n-lab/terminal';

function recorder(isTTY: boolean) {
	let text = '';
	return { isTTY, write: (part: string) => (text += part), text: () => text };
}

describe('createProgress', () => {
	it('counts the steps and tells what came of each', async () => {
		const output = recorder(false);
		const { step } = createProgress(output, 2);
		await step('Building', async (detail) => detail('built earlier'));
		await step('Starting', async () => undefined);
		expect(output.text()).toMatch(/^\[1\/2\] Building: built earlier \(\d+ s\)\n\[2\/2\] Starting: done \(\d+ s\)\n$/);
	});

	it('updates one line on a terminal, and leaves the outcome on it', async () => {
		const output = recorder(true);
		await createProgress(output).step('Building', async () => undefined);
		const lines = output.text().split('\r\x1b[K'); // back to the start of the line, and clear it
		expect(lines).toEqual(['', 'Building ... 0 s', expect.stringMatching(/^Building: done \(\d+ s\)\n$/)]);
	});

	it('gives on the result and the error of the work', async () => {
		const output = recorder(false);
		const { step } = createProgress(output);
		await expect(step('a', async () => 42)).resolves.toBe(42);
		const error = new Error('no disk');
		await expect(step('b', async () => await Promise.reject(error))).rejects.toBe(error);
		expect(output.text()).toMatch(/b: failed after \d+ s\n$/);
	});
});
