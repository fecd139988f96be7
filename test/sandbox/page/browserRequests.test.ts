import type { Browser, Page } from 'playwright-core';
import { request } from 'node:https';
import { startSandbox } from '../../../sandbox';
import { CATALOGUE, type CatalogueEntry } from '../../../sandbox/errors/catalogue';
import { SERVER_FAILURES } from '../../../sandbox/errors/serverFailures';
import { BROKEN_OFF, CERTIFICATES, certificateFailure, HANDSHAKES, HTTP, PROXY_WANTED, UNMET_EXPECTATION, WITHOUT_HOST } from '../../../sandbox/server/failureWords';
import { sandboxForTests, token } from '../support/caller';
import { describeInBrowser, launchBrowser, openPage, type Watched } from './browser';

describeInBrowser('requests in a browser', () => {
	const world = sandboxForTests({ pagePort: 0 });
	const opened: Watched[] = [];
	let browser: Browser;
	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterEach(async () => {
		for (const { page, errors, foreign } of opened.splice(0)) {
			await page.context().close();
			expect(errors).toEqual([]);
			expect(foreign).toEqual([]);
		}
		await world.sandbox.reset();
	});
	afterAll(() => browser.close());

	async function open(hash = '#/requests', options = {}): Promise<Page> {
		const watched = await openPage(browser, world.sandbox, hash, options);
		opened.push(watched);
		return watched.page;
	}
	const paths = (page: Page) => page.locator('.log .path').allTextContents();

	test('each request shows as it comes, newest first, with its answer and the reason of a refusal', async () => {
		const page = await open();
		await page.getByText('No requests yet').waitFor();
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		const used = token('X26ABC1', world.sandbox.clock.now());
		for (let time = 0; time < 2; time++) await world.mesh.call({ path: 'X26ABC1/count', headers: { authorization: used } });
		await page.getByRole('row', { name: 'Error Duplicated Authentication Token' }).waitFor();
		expect(await page.locator('.log tbody .pill').allTextContents()).toEqual(['403', '200', '200']);
		await page.getByRole('row', { name: 'Error Duplicated Authentication Token' }).getByRole('link').click();
		await page.getByText('make a new nonce, or count up, for every attempt').waitFor();
		await page.getByRole('row', { name: 'authorization (redacted)' }).waitFor();
	});

	test('a request that got no answer says which fault took it', async () => {
		world.sandbox.arm({ call: 'list', fault: { kind: 'resetAfterProcessing' } });
		await expect(world.mesh.call({ path: 'X26ABC1/inbox' })).rejects.toMatchObject({ code: 'ECONNRESET' });
		const page = await open();
		const row = page.getByRole('row', { name: 'Fault: Lose the answer' });
		await row.getByText('no answer').waitFor();
	});

	test('a connection that is refused shows with the reason and what to do, and can be filtered for', async () => {
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		await new Promise((resolve) => request(world.sandbox.url, { agent: false, ca: world.sandbox.certificates.ca }).once('error', resolve).end());
		const page = await open();
		await page.getByLabel('Call', { exact: true }).selectOption('Connection');
		await page.getByText('1 of 2 requests').waitFor();
		const row = page.getByRole('row', { name: 'No client certificate' });
		await row.getByText('no answer').waitFor();
		expect(await paths(page)).toEqual(['TLS']);
		await row.getByRole('link', { name: 'Connection' }).click();
		await page.getByText('Give the client client-cert.pem and client-key.pem').waitFor();
		await page.getByRole('region', { name: 'Request details' }).getByText('#').waitFor();
		expect(await page.getByText('Headers as sent').count()).toBe(0);
	});

	test('there is advice for every way in which a connection fails', async () => {
		const page = await open();
		const outcomes = [
			...Object.keys(CERTIFICATES).map((code) => certificateFailure(code).outcome), certificateFailure('INVALID_PURPOSE').outcome, ...HANDSHAKES.map(([, outcome]) => outcome), ...Object.values(HTTP).map((each) => each?.outcome),
			BROKEN_OFF, PROXY_WANTED, UNMET_EXPECTATION, WITHOUT_HOST, 'https on a plain http port', 'Malformed HTTP request: Invalid header token', 'TLS handshake took too long', 'TLS failed: internal error',
		];
		const script = `import('/app/outcome.js').then(({ adviceFor }) => ${JSON.stringify(outcomes)}.filter((outcome) => adviceFor({ outcome }) === undefined))`;
		expect(await page.evaluate(script)).toEqual([]);
	});

	test('filters narrow the list: mailbox, call, words, trouble', async () => {
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		await world.mesh.call({ path: 'X26ABC2/inbox' });
		await world.mesh.call({ path: 'X26ABC2/inbox/NONE' });
		await world.mesh.call({ path: 'X26ABC2/count' });
		const page = await open();
		await page.getByText('4 requests').waitFor();
		await page.getByLabel('Mailbox', { exact: true }).selectOption('X26ABC2');
		expect(await paths(page)).toEqual(['GET X26ABC2/count', 'GET X26ABC2/inbox/NONE', 'GET X26ABC2/inbox']);
		await page.getByLabel('Call', { exact: true }).selectOption('Count messages');
		expect(await paths(page)).toEqual(['GET X26ABC2/count']);
		await page.getByLabel('Call', { exact: true }).selectOption('All calls');
		await page.getByLabel('Search path or outcome').fill('does not exist');
		expect(await paths(page)).toEqual(['GET X26ABC2/inbox/NONE']);
		await page.getByLabel('Search path or outcome').fill('');
		await page.getByLabel('Only refused or failed').check();
		expect(await paths(page)).toEqual(['GET X26ABC2/inbox/NONE']);
		await page.getByText('1 of 4 requests').waitFor();
	});

	test('a paused list stands still until it goes on', async () => {
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		const page = await open();
		await page.getByText('1 request', { exact: true }).waitFor();
		await page.getByLabel('Pause').check();
		const other = await open();
		await world.mesh.call({ path: 'X26ABC2/inbox' });
		await other.getByText('2 requests').waitFor();
		expect(await paths(page)).toEqual(['GET X26ABC1/inbox']);
		await page.getByLabel('Pause').uncheck();
		await page.getByText('2 requests').waitFor();
	});

	test('a request leads to its message', async () => {
		const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'hello');
		const page = await open();
		await page.getByRole('table').getByRole('link', { name: 'Send message' }).click();
		await page.getByRole('link', { name: messageId }).click();
		await page.getByRole('heading', { name: messageId }).waitFor();
		expect(page.url()).toContain('/#/messages/X26ABC1/outbox/');
	});

	test('there is advice for every refusal of the catalogue, and for what fails in the server', async () => {
		const page = await open();
		const refusals = (Object.values(CATALOGUE) as CatalogueEntry[]).filter(({ status }) => status !== 500).map(({ text: outcome, status }) => ({ outcome, status }));
		refusals.push(...Object.values(SERVER_FAILURES).map((outcome) => ({ outcome, status: 500 })));
		const script = `import('/app/outcome.js').then(({ adviceFor }) => ${JSON.stringify(refusals)}.filter((request) => adviceFor(request) === undefined))`;
		expect(await page.evaluate(script)).toEqual([]);
	});

	test.each([
		['idAndReport', 'A report about it went to the sender’s inbox.'],
		['refusal', 'No report was sent'],
	] as const)('the advice on an unknown recipient says whether there is a report (%s)', async (unknownRecipient, words) => {
		world.sandbox.behaviour.unknownRecipient = unknownRecipient;
		await world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers: { 'mex-to': 'NOBODY', 'mex-workflowid': 'W' }, body: 'x' });
		world.sandbox.behaviour.unknownRecipient = 'idAndReport';
		expect(world.sandbox.inbox('X26ABC1')).toHaveLength(unknownRecipient === 'refusal' ? 0 : 1);
		const page = await open();
		await page.getByRole('row', { name: 'Unregistered to address' }).getByRole('link').click();
		await page.getByText(words).waitFor();
	});

	test('a burst of 800 requests leaves the last 500 in the table', async () => {
		const page = await open();
		for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 40 }, () => world.mesh.call({ path: 'X26ABC1/count' })));
		await page.getByText('500 requests').waitFor();
		expect(await page.locator('.log tbody tr').count()).toBe(500);
	});

	test('the page says when the sandbox is gone, and goes on when it is back', async () => {
		const sandbox = await startSandbox({ pagePort: 0 });
		const { page } = await openPage(browser, sandbox);
		const pagePort = Number(new URL(sandbox.pageUrl as string).port);
		await sandbox.close();
		await page.getByText('not reachable').waitFor();
		const again = await startSandbox({ pagePort });
		await again.putMessage({ to: 'X26ABC1', content: 'x', subject: 'After the break' });
		await page.getByRole('link', { name: 'After the break' }).waitFor({ timeout: 20_000 });
		await page.context().close();
		await again.close();
	});
});
