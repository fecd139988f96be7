import axe, { type AxeResults } from 'axe-core';
import { request } from 'node:https';
import type { Browser, Locator, Page } from 'playwright-core';
import { playSampleTraffic } from '../../../sandbox/page/screenshots';
import { sandboxForTests } from '../support/caller';
import { describeInBrowser, launchBrowser, openPage } from './browser';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What is looked at: a name, an address, what to click there, and the text that shows when all is there. */
const VIEWS: Array<[string, string, (page: Page) => Locator, string]> = [
	['the messages', '#/messages/X26ABC2', (page) => page.getByRole('link', { name: 'Pathology results' }), 'specimen;test'],
	['a message of many chunks', '#/messages/X26ABC2', (page) => page.getByRole('link', { name: 'Many chunks' }), 'Missing: 3–1,000 (998)'],
	['a report', '#/messages/X26ABC2', (page) => page.locator('.letters a').first(), 'Headers of a download'],
	[
		'the requests',
		'#/requests',
		(page) => page.getByRole('row', { name: 'Invalid Authentication Token' }).getByRole('link'),
		'Check the mailbox password',
	],
	[
		'a connection that failed',
		'#/requests',
		(page) => page.getByRole('row', { name: 'No client certificate' }).getByRole('link'),
		'Give the client client-cert.pem',
	],
	['the dialog for a message', '', (page) => page.getByRole('button', { name: 'Send a test message' }), 'It is delivered at once'],
	['the dialog for a report', '', (page) => page.getByRole('button', { name: 'Put a report' }), 'A non-delivery report, as MESH puts one'],
	['the dialog to reset', '', (page) => page.getByRole('button', { name: 'Reset' }), 'Everything means messages'],
	['the dialog for faults', '', (page) => page.getByRole('button', { name: 'Faults' }), 'Arm a fault and see'],
	['the dialog for the clock', '', (page) => page.getByRole('button', { name: /^Clock/ }), 'Deliveries, expiries and deletions'],
];

describeInBrowser('accessibility in a browser', () => {
	const world = sandboxForTests({ pagePort: 0 });
	let browser: Browser;
	beforeAll(async () => {
		browser = await launchBrowser();
		await playSampleTraffic(world.sandbox);
		world.sandbox.clearFaults();
		const messageId = await world.mesh.send('X26ABC1', 'X26ABC2', 'first', { 'mex-chunk-range': '1:1000', 'mex-subject': 'Many chunks' });
		await world.mesh.sendChunk('X26ABC1', messageId, 2, 1000, 'second');
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		await new Promise((resolve) =>
			request(world.sandbox.url, { agent: false, ca: world.sandbox.certificates.ca }).once('error', resolve).end(),
		);
		world.sandbox.arm({ fault: { kind: 'refuseConnections', ms: 3_600_000 } });
	});
	afterAll(() => browser.close());

	for (const [colorScheme, width] of [
		['light', 1440],
		['light', 360],
		['dark', 1440],
	] as const) {
		test.each(VIEWS)(
			`%s, ${colorScheme}, ${width} pixels wide, passes the rules of WCAG 2.2 AA that can be checked by machine`,
			async (_, hash, button, text) => {
				const { page, errors } = await openPage(browser, world.sandbox, hash, {
					colorScheme,
					viewport: { width, height: 900 },
					reducedMotion: 'reduce',
				});
				await button(page).click();
				await page.getByText(text).waitFor();
				await page.evaluate(axe.source);
				const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify({ runOnly: RULES })})`);
				expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)])).toEqual([]);
				expect(errors).toEqual([]);
				await page.context().close();
			},
		);
	}
});
