import { describeInBrowser, pagesForTests } from './browser';
import { change } from './pageClient';

const MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

describeInBrowser('messages in a browser', () => {
	const { world, open } = pagesForTests();

	test('a message sent through the API shows by itself, and its acknowledgement too', async () => {
		const page = await open('#/messages/X26ABC2');
		await page.getByText('Nothing has come in yet').waitFor();
		const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'hello', { 'mex-subject': 'Fresh from the wire' });
		const item = page.getByRole('link', { name: 'Fresh from the wire' });
		await item.getByText('waiting').waitFor();
		await page.getByRole('link', { name: 'X26ABC2 1 waiting' }).waitFor();
		await world.mesh.acknowledge('X26ABC2', messageId);
		await item.getByText('acknowledged').waitFor();
	});

	test('a message opens with headers, chunks, history and content, and its address can be reloaded', async () => {
		const messageId = await world.sandbox.putMessage({
			to: 'X26ABC2',
			content: ['first part', 'second part'],
			gzip: true,
			subject: 'In two parts',
			localId: 'LOCAL-1',
		});
		const page = await open('#/messages/X26ABC2');
		await page.getByRole('link', { name: 'In two parts' }).click();
		await page.reload();
		const detail = page.getByRole('region', { name: 'Message', exact: true });
		await detail.getByRole('heading', { name: messageId }).waitFor();
		const content = detail.getByRole('region', { name: 'Beginning of the content' });
		await content.getByText('first part').waitFor();
		await detail.getByLabel('Chunk', { exact: true }).selectOption('2');
		await content.getByText('second part').waitFor();
		await detail.getByLabel('as bytes').check();
		expect(await content.textContent()).toBe('0000  73 65 63 6f 6e 64 20 70  61 72 74                 second part');
		await detail.getByRole('row', { name: 'mex-localid LOCAL-1' }).waitFor();
		await detail.getByRole('row', { name: '2 of 2' }).getByText('arrived').waitFor();
		expect(await detail.locator('.timeline strong').allTextContents()).toEqual(['uploading', 'waiting']);
	});

	test.each(['1:10000', '1:30000000', '1:99999999999999999'])(
		'a message declared as %s opens at once, with words for the chunks that are missing',
		async (range) => {
			const other = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'x', subject: 'Opened before' });
			const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'the first', { 'mex-chunk-range': range });
			const page = await open(`#/messages/X26ABC2/inbox/${other}`);
			await page.getByRole('heading', { name: other }).waitFor();
			await page.goto(`${world.sandbox.pageUrl}/#/messages/X26ABC2/inbox/${messageId}`);
			await page.getByRole('heading', { name: messageId }).waitFor();
			const count = world.sandbox.message(messageId)?.chunkCount ?? 0;
			await page
				.getByText(
					`Arrived: 1 (1 of ${count.toLocaleString('en-GB')}). Missing: 2–${count.toLocaleString('en-GB')} (${(count - 1).toLocaleString('en-GB')}).`,
				)
				.waitFor();
			expect(await page.locator('.detail tr').count()).toBeLessThan(100);
		},
	);

	test('of many chunks the first hundred that arrived are listed, words say the rest, and a number chooses the one previewed', async () => {
		const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'part 1', { 'mex-chunk-range': '1:1000' });
		for (const chunk of [...Array.from({ length: 119 }, (_, index) => index + 2), 130, 132])
			await world.mesh.sendChunk('X26ABC1', messageId, chunk, 1000, `part ${chunk}`);
		const page = await open(`#/messages/X26ABC2/inbox/${messageId}`);
		await page.getByText('Arrived: 1–120, 130, 132 (122 of 1,000). Missing: 121–129, 131, 133–1,000 (878).').waitFor();
		expect(await page.getByRole('row', { name: 'of 1000' }).count()).toBe(100);
		const content = page.getByRole('region', { name: 'Beginning of the content' });
		await content.getByText('part 1', { exact: true }).waitFor();
		await page.getByLabel('Chunk', { exact: true }).fill('132');
		await page.keyboard.press('Enter');
		await content.getByText('part 132').waitFor();
		await page.getByLabel('Chunk', { exact: true }).fill('131');
		await page.keyboard.press('Enter');
		await page.getByText('Chunk 131 has not arrived.').waitFor();
		await world.mesh.sendChunk('X26ABC1', messageId, 131, 1000, 'part 131');
		await content.getByText('part 131').waitFor();
	});

	test('the chunk that was chosen and the view of its bytes stay when the message changes', async () => {
		const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'first part', { 'mex-chunk-range': '1:4' });
		await world.mesh.sendChunk('X26ABC1', messageId, 3, 4, 'third part');
		const page = await open(`#/messages/X26ABC2/inbox/${messageId}`);
		const content = page.getByRole('region', { name: 'Beginning of the content' });
		await content.getByText('first part').waitFor();
		const chunk = page.getByLabel('Chunk', { exact: true });
		await chunk.selectOption('Chunk 3');
		await content.getByText('third part').waitFor();
		await page.getByLabel('as bytes').check();
		await chunk.focus();
		await world.mesh.sendChunk('X26ABC1', messageId, 2, 4, 'second part');
		await page.getByRole('row', { name: '2 of 4' }).getByText('arrived').waitFor();
		await world.mesh.sendChunk('X26ABC1', messageId, 4, 4, 'fourth part');
		await page.getByRole('button', { name: 'Acknowledge' }).click();
		await page.getByRole('button', { name: 'Put back into the inbox' }).waitFor();
		expect(await chunk.locator('option').allTextContents()).toEqual(['Chunk 1', 'Chunk 2', 'Chunk 3', 'Chunk 4']);
		expect(await chunk.inputValue()).toBe('3');
		expect(await page.getByLabel('as bytes').isChecked()).toBe(true);
		expect(await content.textContent()).toContain('74 68 69 72 64');
	});

	test('whatever a message contains is shown as text and never becomes part of the page', async () => {
		await world.mesh.send('X26ABC1', 'X26ABC2', MARKUP, {
			'mex-subject': MARKUP,
			'mex-filename': MARKUP,
			'mex-localid': MARKUP,
			'mex-workflowid': MARKUP,
			'content-type': 'text/html',
		});
		const page = await open('#/messages/X26ABC2');
		await page.locator('.letters a').click();
		await page.getByRole('region', { name: 'Beginning of the content' }).getByText(MARKUP).waitFor();
		await page.goto(`${world.sandbox.pageUrl}/#/requests`);
		await page.getByRole('table').getByRole('link', { name: 'Send message' }).click();
		await page.getByRole('row', { name: 'mex-subject' }).getByText(MARKUP).waitFor();
		expect(await page.locator('main img, main script').count()).toBe(0);
		expect(await page.title()).toBe('Requests – MESH sandbox');
	});

	test('the buttons of a message acknowledge it and put it back', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const page = await open(`#/messages/X26ABC1/inbox/${messageId}`);
		await page.getByRole('button', { name: 'Acknowledge' }).click();
		await page.getByRole('button', { name: 'Put back into the inbox' }).click();
		await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
		expect(world.sandbox.message(messageId)?.history.map(({ status }) => status)).toEqual([
			'uploading',
			'accepted',
			'acknowledged',
			'accepted',
		]);
	});

	test('a report links to the message that failed', async () => {
		const failed = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x', subject: 'Lost' });
		const page = await open(`#/messages/X26ABC1/outbox/${failed}`);
		await page.getByRole('button', { name: 'Report a failure…' }).click();
		await page.getByLabel('Code').fill('EPL-153');
		await page.getByRole('button', { name: 'Put the report' }).click();
		await page.getByText('EPL-153: NHS Number not found').first().waitFor();
		await page.getByRole('link', { name: failed }).click();
		await page.getByRole('heading', { name: failed }).waitFor();
		const [report] = world.sandbox.messagesTo('X26ABC1');
		expect(report).toMatchObject({ type: 'REPORT', linkedMessageId: failed, statusCode: 'EPL-153' });
	});

	test('a full inbox shows its newest first and more when asked, without losing the place', async () => {
		for (let number = 1; number <= 230; number++)
			await world.sandbox.putMessage({ to: 'X26ABC3', content: 'x', subject: `No. ${number}.` });
		const page = await open('#/messages/X26ABC3');
		await page.getByRole('link', { name: 'No. 230.' }).waitFor();
		expect(await page.locator('.letters li').count()).toBe(200);
		await page.getByRole('button', { name: 'Show older messages' }).click();
		await page.getByRole('link', { name: 'No. 1.' }).waitFor();
		await page.getByRole('link', { name: 'No. 17.' }).focus();
		await world.sandbox.putMessage({ to: 'X26ABC3', content: 'x', subject: 'No. 231.' });
		await page.getByRole('link', { name: 'No. 231.' }).waitFor();
		expect(await page.evaluate('document.activeElement.textContent')).toContain('No. 17.');
	});

	test('of more than 10,000 messages the newest 10,000 are shown, and that is said', async () => {
		for (let number = 1; number <= 10_050; number++) await world.sandbox.putReport({ to: 'X26ABC3', description: `No. ${number}.` });
		const page = await open('#/messages/X26ABC3');
		await page.getByRole('link', { name: 'No. 10050.' }).waitFor();
		const older = page.getByRole('button', { name: 'Show older messages' });
		for (let shown = 1200; shown <= 9200; shown += 1000) {
			await older.click();
			await page.locator(`.letters li:nth-child(${shown})`).waitFor();
		}
		await older.click();
		await page.getByText('The newest 10,000 of 10,050 messages are shown').waitFor();
		await older.waitFor({ state: 'hidden' });
		await page.locator('.letters li:nth-child(10000)', { hasText: 'No. 51.' }).waitFor();
	}, 300_000);

	test.each([
		['a message that expired', 'DATA', 'expired', 'Not collected; the sender got a report.'],
		['a message that an admin call made undeliverable', 'DATA', 'undeliverable', 'Set by an admin call; the sender got no report.'],
		['a message that an admin call made a failure', 'DATA', 'error', 'Set by an admin call; the sender got no report.'],
		['a report that expired', 'REPORT', 'expired', 'No longer in the inbox; there are no reports about reports.'],
	])('%s says truly whether there is a report about it', async (_, type, status, words) => {
		const messageId =
			type === 'DATA' ? await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' }) : await world.sandbox.putReport({ to: 'X26ABC1' });
		if (status === 'expired') world.sandbox.clock.advance(5 * 24 * 60 * 60 * 1000);
		else await change(world.sandbox, 'POST', `/messageexchange/admin/message/${messageId}/event`, { status });
		const page = await open(`#/messages/X26ABC1/inbox/${messageId}`);
		await page.getByRole('region', { name: 'Message', exact: true }).getByText(words).waitFor();
		expect(await page.locator('.letters .pill').last().getAttribute('title')).toBe(words);
	});

	test('arrow keys walk through the list and Enter opens a message', async () => {
		for (const subject of ['third', 'second', 'first']) await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', subject });
		const page = await open('#/messages/X26ABC1');
		await page.getByRole('link', { name: 'first' }).focus();
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('ArrowUp');
		await page.keyboard.press('Enter');
		await page.getByRole('region', { name: 'Message', exact: true }).getByRole('definition').getByText('second').waitFor();
	});

	test('on a telephone a message takes the place of the list, the keyboard follows, and nothing is cut off', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a'.repeat(3000), subject: 'word'.repeat(60) });
		const page = await open('#/messages/X26ABC1', { viewport: { width: 320, height: 640 } });
		await page.locator('.letters a').press('Enter');
		await page.getByRole('link', { name: 'Back to the list' }).waitFor();
		expect(await page.locator('.letters').isVisible()).toBe(false);
		expect(await page.evaluate('document.activeElement.tagName')).toBe('H2');
		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
		await page.getByRole('link', { name: 'Back to the list' }).click();
		await page.locator('.letters a').waitFor();
		await page.goto(`${world.sandbox.pageUrl}/#/requests`);
		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
	});
});
