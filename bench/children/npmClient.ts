/** The npm package nhs-mesh-client, where it is installed: whole files in memory, always gzip, one connection per request. */
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { pathToFileURL } from 'node:url';
import { perform } from './perform';

interface Answer {
	status?: number;
	data?: { messages?: string[] } | null;
}

/** The functions we call, as the package exports them; it has no types of its own. */
interface NpmClient {
	getMessageCount(options: Record<string, unknown>): Promise<Answer>;
	readMessage(options: Record<string, unknown>): Promise<Answer>;
	markAsRead(options: Record<string, unknown>): Promise<Answer>;
	sendMessage(options: Record<string, unknown>): Promise<Answer>;
	sendChunkedMessage(options: Record<string, unknown>): Promise<Answer>;
}

void perform(async ({ work, access, inputPath, options }) => {
	const client = (await import(pathToFileURL(String(options.entry)).href)) as NpmClient;
	const common = {
		url: access.url,
		mailboxID: access.mailboxId,
		mailboxPassword: access.password,
		sharedKey: access.sharedKey,
		mailboxTarget: 'BENCH002',
		agent: new Agent({
			ca: await readFile(access.caPath, 'utf8'),
			cert: await readFile(access.certificatePath, 'utf8'),
			key: await readFile(access.privateKeyPath, 'utf8'),
		}),
	};
	return async () => {
		switch (work.kind) {
			case 'send':
				await client.sendChunkedMessage({ ...common, fileContent: (await readFile(inputPath ?? '')).subarray(0, work.bytes) });
				return { done: work.bytes };
			case 'drain': {
				let done = 0;
				for (;;) {
					const ids = (await client.getMessageCount(common)).data?.messages ?? [];
					if (ids.length === 0) return { done };
					for (const id of ids) {
						await client.readMessage({ ...common, messageID: id });
						await client.markAsRead({ ...common, message: id });
						done++;
					}
				}
			}
			case 'sendMany': {
				const message = await readFile(inputPath ?? '', 'utf8');
				for (let number = 0; number < work.messages; number++) await client.sendMessage({ ...common, message });
				return { done: work.messages };
			}
			default:
				return { done: 0 };
		}
	};
});
