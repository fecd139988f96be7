import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { Caller } from '../support/caller';
import { describeInBrowser, pagesForTests } from './browser';

const DAY_MS = 24 * 60 * 60 * 1000;

describeInBrowser('actions in a browser', () => {
	const { world, opened, open } = pagesForTests();
	afterEach(() => void (world.sandbox.behaviour.checkTimestamp = true));

	test('a test message is delivered in the chunks and with the headers that were asked for', async () => {
		const page = await open('#/messages/X26ABC2');
		await page.getByRole('button', { name: 'Send a test message' }).click();
		const dialog = page.getByRole('dialog', { name: 'Send a test message' });
		await dialog.getByLabel('From').selectOption('X26ABC3');
		await dialog.getByLabel('Workflow ID').fill('LAB_RESULTS');
		await dialog.getByLabel('Subject').fill('Blood count');
		await dialog.getByLabel('Content', { exact: true }).fill('0123456789');
		await dialog.getByText('Chunks, compression').click();
		await dialog.getByLabel('Number of chunks').fill('3');
		await dialog.getByLabel('Compress each chunk').check();
		await dialog.getByLabel('Local ID').fill('L-1');
		await dialog.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByText('Delivered to X26ABC2').waitFor();
		const [messageId] = world.sandbox.inbox('X26ABC2');
		await page.getByRole('heading', { name: messageId }).waitFor();
		expect(world.sandbox.message(messageId)).toMatchObject({
			from: 'X26ABC3',
			workflowId: 'LAB_RESULTS',
			subject: 'Blood count',
			localId: 'L-1',
			chunkCount: 3,
			contentEncoding: 'gzip',
		});
		const second = await world.mesh.call({ path: `X26ABC2/inbox/${messageId}/2`, headers: { 'accept-encoding': 'gzip' } });
		expect(gunzipSync(second.body).toString()).toBe('345');
	});

	test('an empty workflow ID is refused in the dialog, as by the API', async () => {
		const page = await open('#/messages/X26ABC2');
		const before = world.sandbox.inbox('X26ABC2').length;
		await page.getByRole('button', { name: 'Send a test message' }).click();
		const dialog = page.getByRole('dialog', { name: 'Send a test message' });
		await dialog.getByLabel('Workflow ID').fill(' ');
		await dialog.getByRole('button', { name: 'Send', exact: true }).click();
		await dialog.getByText('MESH refuses an empty one').waitFor();
		expect(world.sandbox.inbox('X26ABC2').length).toBe(before);
		const [{ errors }] = opened;
		expect(errors.splice(0)).toEqual([expect.stringContaining('400')]);
	});

	test('a file is sent byte for byte under its own name', async () => {
		const page = await open('#/messages/X26ABC1');
		const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
		await page.getByRole('button', { name: 'Send a test message' }).click();
		await page.getByLabel('Or a file').setInputFiles({ name: 'scan.bin', mimeType: 'application/octet-stream', buffer: bytes });
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByText('Delivered to X26ABC1').waitFor();
		const [messageId] = world.sandbox.inbox('X26ABC1');
		expect(world.sandbox.message(messageId)?.fileName).toBe('scan.bin');
		expect((await world.sandbox.content(messageId)).equals(bytes)).toBe(true);
	});

	test('what cannot be sent is refused in the dialog, in words, and nothing is lost of what was typed', async () => {
		const page = await open('#/messages/X26ABC1');
		await page.getByRole('button', { name: 'Send a test message' }).click();
		await page.getByLabel('Subject').fill('Still here');
		await page.getByLabel('Content', { exact: true }).fill('');
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByRole('alert').getByText('MESH refuses empty messages').waitFor();
		await page.getByLabel('Content', { exact: true }).fill('ab');
		await page.getByText('Chunks, compression').click();
		await page.getByLabel('Number of chunks').fill('3');
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByRole('alert').getByText('only 2 bytes').waitFor();
		expect(await page.getByLabel('Subject').inputValue()).toBe('Still here');
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});

	test('Escape closes a dialog and the focus returns to the button', async () => {
		const page = await open();
		const button = page.getByRole('button', { name: 'Reset' });
		await button.press('Enter');
		await page.getByRole('dialog').waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		expect(await page.evaluate('document.activeElement.id')).toBe('reset');
	});

	test('a report is put into a mailbox', async () => {
		const page = await open('#/messages/X26ABC3');
		await page.getByRole('button', { name: 'Put a report' }).click();
		await page.getByLabel('Code').fill('17');
		await page.getByLabel('Local ID').fill('L-2');
		await page.getByRole('button', { name: 'Put the report' }).click();
		await page.getByText('17: Workflow ID not registered for mailbox').first().waitFor();
		const [messageId] = world.sandbox.inbox('X26ABC3');
		const reply = await world.mesh.call({ path: `X26ABC3/inbox/${messageId}` });
		expect(reply.headers).toMatchObject({ 'mex-messagetype': 'REPORT', 'mex-statuscode': '17', 'mex-localid': 'L-2' });
	});

	test.each([
		['18', 'ONS Civil Registration for the workflow is not enabled via MESH', 'SEND'],
		['04', 'File could not be read', 'COLLECT'],
	])(
		'a report with code %s is put, whether the page knows it or not, with the event that was asked for',
		async (code, description, event) => {
			const page = await open('#/messages/X26ABC3');
			await page.getByRole('button', { name: 'Put a report' }).click();
			await page.getByLabel('Code').fill(code);
			if (code === '04') await page.getByLabel('Description').fill(description);
			await page.getByLabel('Event').fill(event);
			await page.getByRole('button', { name: 'Put the report' }).click();
			await page.getByText(`${code}: ${description}`).first().waitFor();
			const [messageId] = world.sandbox.inbox('X26ABC3');
			const reply = await world.mesh.call({ path: `X26ABC3/inbox/${messageId}` });
			expect(reply.headers).toMatchObject({ 'mex-statuscode': code, 'mex-statusdescription': description, 'mex-statusevent': event });
		},
	);

	test('a description that was typed stays when another code is chosen, and a report needs a code', async () => {
		const page = await open('#/messages/X26ABC3');
		await page.getByRole('button', { name: 'Put a report' }).click();
		const [code, description] = [page.getByLabel('Code'), page.getByLabel('Description')];
		await code.fill('12');
		expect(await description.inputValue()).toBe('Unregistered to address');
		await description.fill('My own words');
		await code.fill('15');
		expect(await description.inputValue()).toBe('My own words');
		await code.fill('');
		await page.getByRole('button', { name: 'Put the report' }).click();
		await page.getByRole('alert').getByText('Give a code').waitFor();
		expect(world.sandbox.inbox('X26ABC3')).toEqual([]);
	});

	test('connections are refused until the time is over or the fault cleared, not only the first of them', async () => {
		const page = await open();
		await page.getByRole('button', { name: 'Faults' }).click();
		await page.getByLabel('What goes wrong').selectOption('Refuse connections');
		await page.getByLabel('How many times').waitFor({ state: 'hidden' });
		await page.getByLabel('On which call').waitFor({ state: 'hidden' });
		await page.getByLabel('Milliseconds').fill('3600000');
		await page.getByRole('button', { name: 'Arm the fault' }).click();
		await page.getByText('Fault armed').waitFor();
		for (let time = 0; time < 3; time++) {
			const other = new Caller(world.sandbox);
			await expect(other.call({ path: 'X26ABC1/inbox' })).rejects.toMatchObject({ code: 'ECONNRESET' });
			other.close();
		}
		await page.getByRole('button', { name: 'Faults 1' }).click();
		await page
			.getByRole('list', { name: 'Armed faults' })
			.getByText(/^Refuse connections for (1 h|59 min|60 min) more, until .* UTC$/)
			.waitFor();
		await page.getByRole('button', { name: 'Clear it' }).click();
		await page.getByText('All faults cleared').waitFor();
		await page.getByRole('button', { name: 'Faults', exact: true }).waitFor();
		const later = new Caller(world.sandbox);
		expect((await later.call({ path: 'X26ABC1/inbox' })).status).toBe(200);
		later.close();
	});

	test('an error stays until it is dismissed, is shown once, and the keyboard does not lose its place', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const page = await open(`#/messages/X26ABC1/inbox/${messageId}`);
		await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
		await page.context().setOffline(true);
		for (let time = 0; time < 2; time++) await page.getByRole('button', { name: 'Acknowledge' }).click();
		const dismiss = page.getByRole('button', { name: 'Dismiss: The sandbox does not answer. Is it still running?' });
		await dismiss.waitFor();
		await page.context().setOffline(false);
		await page.getByRole('button', { name: 'Acknowledge' }).click();
		const done = page.getByText('Acknowledged in the name of the recipient');
		await done.waitFor();
		await done.waitFor({ state: 'detached' });
		expect(await dismiss.count()).toBe(1);
		await dismiss.press('Enter');
		await dismiss.waitFor({ state: 'detached' });
		expect(await page.evaluate('document.activeElement.id')).toBe('content');
		const [{ errors }] = opened;
		expect(errors.splice(0).filter((text) => !text.includes('net::ERR_INTERNET_DISCONNECTED'))).toEqual([]);
	});

	test('every kind of fault can be armed as its form offers it', async () => {
		const page = await open();
		await page.getByRole('button', { name: 'Faults' }).click();
		const texts = await page.getByLabel('What goes wrong').locator('option').allTextContents();
		await page.keyboard.press('Escape');
		for (const text of texts) {
			await page.getByRole('button', { name: 'Faults' }).click();
			await page.getByLabel('What goes wrong').selectOption(text);
			if (text === 'Refuse connections') await page.getByLabel('Milliseconds').fill('3600000');
			await page.getByRole('button', { name: 'Arm the fault' }).click();
			await page.getByRole('dialog').waitFor({ state: 'detached' });
		}
		await page.getByRole('button', { name: `Faults ${texts.length}` }).click();
		await page.getByRole('button', { name: 'Clear all' }).click();
		await page.getByText('All faults cleared').waitFor();
		expect((await world.mesh.call({ path: 'X26ABC1/inbox' })).status).toBe(200);
	});

	test('an armed fault strikes the call it is meant for, as often as asked', async () => {
		const page = await open();
		await page.getByRole('button', { name: 'Faults' }).click();
		await page.getByLabel('Status').fill('429');
		await page.getByLabel('Retry-After').fill('17');
		await page.getByLabel('On which call').selectOption('Send message');
		await page.getByLabel('How many times').fill('2');
		await page.getByRole('button', { name: 'Arm the fault' }).click();
		await page.getByRole('button', { name: 'Faults 1' }).waitFor();
		expect((await world.mesh.call({ path: 'X26ABC1/inbox' })).status).toBe(200);
		const send = () =>
			world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W' }, body: 'x' });
		const replies = [await send(), await send(), await send()];
		expect(replies.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
			[429, '17'],
			[429, '17'],
			[202, undefined],
		]);
		await page.getByRole('button', { name: 'Faults', exact: true }).waitFor();
	});

	test('moving the clock by five days makes an uncollected message expire, and the page says why clients are refused now', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', from: 'X26ABC1', content: 'x', subject: 'Nobody came' });
		const page = await open('#/messages/X26ABC2');
		await page.getByRole('button', { name: /^Clock/ }).click();
		await page.getByRole('button', { name: '+5 days (expiry)' }).click();
		await page.getByRole('link', { name: 'Nobody came' }).getByText('undeliverable').waitFor();
		await page.getByRole('link', { name: 'X26ABC1 1 waiting' }).click();
		await page.getByText('14: Message not collected by recipient after 5 days').first().waitFor();
		expect(world.sandbox.message(messageId)?.status).toBe('undeliverable');
		await page.getByText('The sandbox’s clock is 5 days ahead').waitFor();
		await page.getByRole('button', { name: 'Accept tokens of any time' }).click();
		await page.getByText('The sandbox’s clock is 5 days ahead').waitFor({ state: 'hidden' });
		expect(world.sandbox.behaviour.checkTimestamp).toBe(false);
	});

	test('the clock moves by any number of minutes, hours or days, and never back', async () => {
		const page = await open();
		const before = world.sandbox.clock.now();
		await page.getByRole('button', { name: /^Clock/ }).click();
		await page.getByLabel('Or by').fill('-1');
		await page.getByLabel('Unit').selectOption('days');
		await page.getByRole('button', { name: 'Move the clock' }).click();
		await page.getByRole('alert').getByText('Time only moves forward').waitFor();
		await page.getByLabel('Or by').fill('2');
		await page.getByRole('button', { name: 'Move the clock' }).click();
		await page.getByText('The clock has moved on by 2 days').waitFor();
		const moved = world.sandbox.clock.now() - before;
		expect(Math.floor(moved / DAY_MS)).toBe(2);
	});

	test('the clock goes to the year 9999 at most, and back to the real time', async () => {
		world.sandbox.clock.advance(2 * DAY_MS);
		const page = await open();
		const openDialog = async (on: Page) => {
			// What the dialog shows has been read when the mailboxes are there.
			await on
				.getByRole('link', { name: /^X26ABC1/ })
				.first()
				.waitFor();
			await on.getByRole('button', { name: /^Clock/ }).click();
			await on.getByText('Deliveries, expiries and deletions').waitFor();
		};
		await openDialog(page);
		await page.getByLabel('Unit').selectOption('days');
		const most = Number(await page.getByLabel('Or by').getAttribute('max'));
		expect(Math.round(most / 1_000_000)).toBe(3);
		await page.getByLabel('Or by').fill(String(most + 1));
		await page.getByRole('button', { name: 'Move the clock' }).click();
		await page.getByRole('alert').getByText(`The clock goes to the year 9999 at most: give ${most} or less.`).waitFor();
		await page.getByText('ahead of the real time').waitFor();
		await page.getByRole('button', { name: 'Back to the real time' }).click();
		await page.getByText('The clock tells the real time again').waitFor();
		expect(world.sandbox.clock.offsetMs).toBe(0);
		const later = await open();
		await openDialog(later);
		expect(await later.getByRole('button', { name: 'Back to the real time' }).count()).toBe(0);
	});

	test('a reset forgets one mailbox or everything', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC1', content: 'x' });
		await world.sandbox.putMessage({ to: 'X26ABC3', from: 'X26ABC3', content: 'x' });
		const page = await open('#/messages/X26ABC1');
		await page.getByRole('button', { name: 'Reset' }).click();
		await page.getByLabel('What to forget').selectOption('X26ABC3');
		await page.getByRole('button', { name: 'Forget it' }).click();
		await page.getByText('What X26ABC3 received is forgotten').waitFor();
		expect([world.sandbox.inbox('X26ABC1').length, world.sandbox.inbox('X26ABC3').length]).toEqual([1, 0]);
		await page.getByRole('button', { name: 'Reset' }).click();
		await page.getByRole('button', { name: 'Forget it' }).click();
		await page.getByText('Nothing has come in yet').waitFor();
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});
});
