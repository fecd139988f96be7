import type { Page } from 'playwright-core';
import { request } from 'node:https';
import { startSandbox } from '../../../sandbox';
import { CATALOGUE, SERVER_FAILURES } from '../../../sandbox/errors/catalogue';
import type { CatalogueEntry } from '../../../sandbox/errors/catalogue';
import {
	BROKEN_OFF,
	CERTIFICATES,
	HANDSHAKES,
	HTTP,
	PROXY_WANTED,
	UNMET_EXPECTATION,
	WITHOUT_HOST,
	certificateFailure,
} from '../../../sandbox/server/connectionFailures';
import { token } from '../support/caller';
import { describeInBrowser, openPage, pagesForTests } from './browser';

describeInBrowser('requests in a browser', () => {
	const pages = pagesForTests('#/requests');
	const { world, open } = pages;
	const summary = (page: Page, text: string) => page.locator('p.muted').filter({ hasText: new RegExp(`^${text}$`) });
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
		await new Promise((resolve) =>
			request(world.sandbox.url, { agent: false, ca: world.sandbox.certificates.ca }).once('error', resolve).end(),
		);
		const page = await open();
		await page.getByLabel('Call', { exact: true }).selectOption('Connection');
		await summary(page, '1 of 2 requests').waitFor();
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
			...Object.keys(CERTIFICATES).map((code) => certificateFailure(code).outcome),
			certificateFailure('INVALID_PURPOSE').outcome,
			...HANDSHAKES.map(([, outcome]) => outcome),
			...Object.values(HTTP).map((each) => each?.outcome),
			BROKEN_OFF,
			PROXY_WANTED,
			UNMET_EXPECTATION,
			WITHOUT_HOST,
			'https on a plain http port',
			'Malformed HTTP request: Invalid header token',
			'TLS handshake took too long',
			'TLS failed: internal error',
		];
		const script = `import('/app/labels.js').then(({ adviceFor }) => ${JSON.stringify(outcomes)}.filter((outcome) => adviceFor({ outcome }) === undefined))`;
		expect(await page.evaluate(script)).toEqual([]);
	});

	test('filters narrow the list: mailbox, call, words, trouble', async () => {
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		await world.mesh.call({ path: 'X26ABC2/inbox' });
		await world.mesh.call({ path: 'X26ABC2/inbox/NONE' });
		await world.mesh.call({ path: 'X26ABC2/count' });
		const page = await open();
		await summary(page, '4 requests').waitFor();
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
		await summary(page, '1 of 4 requests').waitFor();
	});

	test('a paused list stands still until it goes on', async () => {
		await world.mesh.call({ path: 'X26ABC1/inbox' });
		const page = await open();
		await summary(page, '1 request').waitFor();
		await page.getByLabel('Pause').check();
		const other = await open();
		await world.mesh.call({ path: 'X26ABC2/inbox' });
		await summary(other, '2 requests').waitFor();
		expect(await paths(page)).toEqual(['GET X26ABC1/inbox']);
		await page.getByLabel('Pause').uncheck();
		await summary(page, '2 requests').waitFor();
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
		const refusals = (Object.values(CATALOGUE) as CatalogueEntry[])
			.filter(({ status }) => status !== 500)
			.map(({ text: outcome, status }) => ({ outcome, status }));
		refusals.push(...Object.values(SERVER_FAILURES).map((outcome) => ({ outcome, status: 500 })));
		const script = `import('/app/labels.js').then(({ adviceFor }) => ${JSON.stringify(refusals)}.filter((request) => adviceFor(request) === undefined))`;
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

	/** Many requests on few connections. */
	async function burst(count: number): Promise<void> {
		for (let sent = 0; sent < count; sent += 40)
			await Promise.all(Array.from({ length: Math.min(40, count - sent) }, () => world.mesh.call({ path: 'X26ABC1/count' })));
	}

	test('of a burst of 800 requests the last 500 are in the table, which says so, and the others when asked', async () => {
		const page = await open();
		await burst(800);
		await summary(page, 'The last 500 of 800 requests').waitFor();
		expect(await page.locator('.log tbody tr').count()).toBe(500);
		await page.getByRole('button', { name: 'Show older requests' }).click();
		await summary(page, '800 requests').waitFor();
		expect(await page.locator('.log tbody tr').count()).toBe(800);
		await page.getByRole('button', { name: 'Show older requests' }).waitFor({ state: 'hidden' });
	});

	test('filters search all requests that are kept, also those from before the page was opened', async () => {
		await world.mesh.call({ path: 'X26ABC2/inbox/LONG-AGO' });
		await burst(1600);
		await world.mesh.call({ path: 'X26ABC2/inbox/LATELY' });
		const page = await open();
		await summary(page, 'The last 500 of 1,602 requests').waitFor();
		await page.getByLabel('Mailbox', { exact: true }).selectOption('X26ABC2');
		await summary(page, '2 of 1,602 requests').waitFor();
		await page.locator('p[aria-live]', { hasText: /^2 of 1,602 requests$/ }).waitFor({ state: 'attached' });
		expect(await paths(page)).toEqual(['GET X26ABC2/inbox/LATELY', 'GET X26ABC2/inbox/LONG-AGO']);
		await world.mesh.call({ path: 'X26ABC2/inbox/NOW' });
		await summary(page, '3 of 1,603 requests').waitFor();
		await page.getByLabel('Mailbox', { exact: true }).selectOption('X26ABC1');
		await summary(page, 'The last 500 that fit, of 1,603 requests').waitFor();
	});

	test('a filtered list that stands still goes back beyond what the page knew when it was paused', async () => {
		await world.mesh.call({ path: 'X26ABC2/inbox/LONG-AGO' });
		await burst(520);
		const page = await open();
		await summary(page, 'The last 500 of 521 requests').waitFor();
		await page.getByLabel('Pause').check();
		const other = await open();
		await world.mesh.call({ path: 'X26ABC2/inbox/NOW' });
		await summary(other, 'The last 500 of 522 requests').waitFor();
		await page.getByLabel('Mailbox', { exact: true }).selectOption('X26ABC2');
		await summary(page, '1 of 521 requests').waitFor();
		expect(await paths(page)).toEqual(['GET X26ABC2/inbox/LONG-AGO']);
		await page.getByLabel('Pause').uncheck();
		await summary(page, '2 of 522 requests').waitFor();
	});

	test('a request that is older than those in the table opens by its address', async () => {
		await world.mesh.call({ path: 'X26ABC2/inbox/LONG-AGO' });
		const [{ id }] = world.sandbox.requests;
		await burst(520);
		const page = await open(`#/requests/${id}`);
		await page.getByRole('region', { name: 'Request details' }).getByText('/messageexchange/X26ABC2/inbox/LONG-AGO').waitFor();
	});

	test('new requests are not read out one by one, a change of the filters is', async () => {
		const page = await open();
		await page.getByText('No requests yet').waitFor();
		await page.evaluate(
			`window.spoken = []; for (const node of document.querySelectorAll('[aria-live], [role=status], [role=alert]')) new MutationObserver(() => window.spoken.push(node.textContent)).observe(node, { childList: true, characterData: true, subtree: true })`,
		);
		for (let count = 1; count <= 3; count++) {
			await world.mesh.call({ path: `X26ABC${count}/count` });
			await summary(page, `${count} request${count === 1 ? '' : 's'}`).waitFor();
		}
		expect(await page.evaluate('window.spoken')).toEqual([]);
		await page.getByLabel('Mailbox', { exact: true }).selectOption('X26ABC2');
		await page.locator('p[aria-live]', { hasText: '1 of 3 requests' }).waitFor({ state: 'attached' });
		expect(await page.evaluate('window.spoken')).toEqual(['1 of 3 requests']);
	});

	test('the page says when the sandbox is gone, and goes on when it is back', async () => {
		const sandbox = await startSandbox({ pagePort: 0 });
		const { page } = await openPage(pages.browser, sandbox);
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
