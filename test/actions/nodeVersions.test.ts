import { resolveOutputSchemaPath } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeshTrigger } from '../../nodes/Mesh/MeshTrigger.node';
import { operations } from '../../nodes/Mesh/actions/router';
import type { MessageToPut } from '../../sandbox';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, storeBinary } from '../engine';
import { type World, useWorld } from './world';

const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';
let world: World;
useWorld((started) => (world = started));

const put = async (more: IDataObject = {}) =>
	await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', workflowId: 'W', subject: 'S', localId: 'L', content: 'x', ...more });
const names = (json: IDataObject | undefined) => Object.keys(json ?? {});
const message = (operation: string, more: IDataObject) => ({ resource: 'message', operation, ...more });

async function trigger(typeVersion: number, more: IDataObject = {}): Promise<IDataObject> {
	const node = makeNode('Trigger', TRIGGER, { outputAs: 'binary', reports: 'output', ...more }, { typeVersion });
	const workflow = makeWorkflow({ types: { [TRIGGER]: new MeshTrigger() }, nodes: [node], credentials: world.credentials });
	const run = await execute(workflow, {
		start: 'Trigger',
		items: [{ json: { messageId: await put({ fileName: 'f.txt' }) } }],
		mode: 'trigger',
	});
	return outputOf(run, 'Trigger')[0]?.json ?? {};
}

/** One of each operation whose output has changed, simplified, with what a workflow of either version reads of it. */
async function outputs(typeVersion: number): Promise<Record<string, string[]>> {
	const one = async (parameters: IDataObject) => names((await world.output(parameters, { node: { typeVersion } }))[0]?.json);
	const send = message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x' });
	const sent = (await world.output(send, { node: { typeVersion } }))[0]?.json ?? {};
	return {
		trigger: names(await trigger(typeVersion)),
		download: await one(message('download', { messageId: await put({ fileName: 'f.txt' }), outputAs: 'binary' })),
		getHeaders: await one(message('getHeaders', { messageId: await put({ fileName: 'f.txt' }) })),
		send: names(sent),
		track: await one(message('track', { trackBy: 'messageId', messageId: sent.messageId })),
	};
}

describe('a workflow that was saved with version 1', () => {
	test('puts out what it did before', async () => {
		expect(await outputs(1)).toEqual({
			trigger: [
				'messageId',
				'isReport',
				'from',
				'workflowId',
				'subject',
				'localId',
				'fileName',
				'bytes',
				'checksumStatus',
				'deliveryAttempt',
			],
			download: ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId', 'fileName', 'bytes', 'checksumStatus'],
			getHeaders: ['messageId', 'isReport', 'from', 'to', 'workflowId', 'subject', 'localId', 'fileName', 'contentType', 'statusTimestamp'],
			send: ['messageId', 'localId', 'to', 'workflowId', 'bytes', 'chunkCount', 'settledByTracking'],
			track: [
				'messageId',
				'status',
				'localId',
				'workflowId',
				'recipient',
				'uploadTimestamp',
				'expiryTime',
				'statusCode',
				'statusDescription',
			],
		});
	});

	test('has its subject, local ID and file name among the options, and options that are gone do not disturb it', async () => {
		const options = { subject: 'S', localId: 'L', fileName: 'f.txt', partnerId: 'P', maximumChunks: 3, maximumCompressionRatio: 2 };
		await world.output(message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x', options }));
		expect(world.sandbox.messagesTo('X26ABC2')[0]).toMatchObject({ subject: 'S', localId: 'L', fileName: 'f.txt', partnerId: 'P' });
		const gone = { maximumChunks: 1, maximumCompressionRatio: 1 };
		const [item] = await world.output(
			message('download', { messageId: await put({ content: ['a', 'b'] }), outputAs: 'text', options: gone }),
		);
		expect(item?.json.content).toBe('ab');
		expect(await trigger(1, { options: gone })).toMatchObject({ workflowId: 'W' });
	});

	test('replies under the workflow ID of the message with the suffix', async () => {
		const received = { messageId: 'M', from: 'X26ABC2', workflowId: 'W' };
		await world.output(message('reply', { contentFrom: 'text', text: 'x', options: { workflowIdSuffix: '_OK' } }), {
			items: [{ json: received }],
		});
		expect(world.sandbox.messagesTo('X26ABC2')[0]?.workflowId).toBe('W_OK');
	});
});

describe('a workflow of version 1.1', () => {
	const node = { typeVersion: 1.1 };

	test('has one name for each fact, and the times', async () => {
		const all = await outputs(1.1);
		expect(all).toEqual({
			trigger: ['messageId', 'from', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'receivedAt', 'bytes', 'deliveryAttempt'],
			download: ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'receivedAt', 'bytes'],
			getHeaders: ['messageId', 'isReport', 'from', 'to', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'contentType'],
			send: ['messageId', 'localId', 'to', 'workflowId', 'bytes'],
			track: ['messageId', 'status', 'localId', 'workflowId', 'to', 'sentAt', 'expiryTime', 'statusCode', 'statusDescription'],
		});
	});

	test.each([false, true])('gives the same times whatever the operation (simplified: %s)', async (simplify) => {
		const sent = (await world.output(message('send', { to: 'X26ABC1', workflowId: 'W', contentFrom: 'text', text: 'x' }), { node }))[0]
			?.json;
		const times = await Promise.all(
			[
				message('getHeaders', { simplify }),
				message('track', { trackBy: 'messageId', simplify }),
				message('download', { outputAs: 'text', simplify }),
			].map(async (parameters) => (await world.output({ ...parameters, messageId: sent?.messageId }, { node }))[0]?.json.sentAt),
		);
		expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		// MESH gives whole seconds in one place and more in another.
		expect(new Set(times.map((time) => String(time).slice(0, 19))).size).toBe(1);
	});

	test('has its subject, local ID and partner ID in Message Details, and a file name for text, too', async () => {
		const details = { subject: 'S', localId: 'L', partnerId: 'P' };
		await world.output(
			message('send', {
				to: 'X26ABC2',
				workflowId: 'W',
				contentFrom: 'text',
				text: 'x',
				fileNameFrom: 'custom',
				customFileName: 'f.txt',
				messageDetails: details,
			}),
			{ node },
		);
		expect(world.sandbox.messagesTo('X26ABC2')[0]).toMatchObject({ ...details, fileName: 'f.txt' });
	});

	describe('replies under the workflow ID that the field shows', () => {
		const reply = async (parameters: IDataObject) =>
			await world.run(message('reply', { contentFrom: 'text', text: 'x', ...parameters }), {
				items: [{ json: { messageId: 'M', from: 'X26ABC2', workflowId: 'W' } }],
				node,
			});
		const workflowIds = () => world.sandbox.messagesTo('X26ABC2').map(({ workflowId }) => workflowId);

		test.each<[string, IDataObject, string]>([
			['the usual suffix', {}, 'W_ACK'],
			['another suffix', { options: { workflowIdSuffix: '_OK' } }, 'W_OK'],
			['one of your own', { replyWorkflowId: 'MINE' }, 'MINE'],
		])('%s', async (_what, parameters, expected) => {
			await reply(parameters);
			expect(workflowIds()).toEqual([expected]);
		});

		test('never under that of the message itself', async () => {
			expect(errorOf(await reply({ replyWorkflowId: '={{ $json.workflowId }}' })).message).toBe(
				'The reply has the workflow ID of the message that it answers',
			);
			expect(workflowIds()).toEqual([]);
		});
	});
});

describe.each([1, 1.1])('the output schemas of version %s', (version) => {
	const nodeDir = join(__dirname, '../../nodes/Mesh');

	/** A message of which the sender has told all. */
	const full: MessageToPut = {
		to: 'X26ABC1',
		from: 'X26ABC2',
		content: 'x',
		workflowId: 'W',
		subject: 'S',
		localId: 'L',
		fileName: 'f/x',
		contentType: 'text/plain',
		checksum: createHash('md5').update('x').digest('hex'),
	};

	/** The fields that the editor offers before the first run, found as n8n finds them, by name with their type. */
	function schemaOf(version: number, resource?: string, operation?: string): Record<string, string> {
		const path = resolveOutputSchemaPath({ nodeDir, version, resource, operation });
		const { type, properties } = JSON.parse(readFileSync(path ?? '', 'utf8')) as {
			type: string;
			properties: Record<string, { type: string }>;
		};
		expect(type).toBe('object');
		return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.type]));
	}

	/** What a failure or an option adds to an output, which n8n's guideline of ten fields does not count. */
	const NOT_COUNTED = ['failedStep', 'problem', 'whatToDo', 'serverCertificateIssuer', 'acknowledgeError', 'acknowledged'];

	/** That everything which came out was announced, under its right type, and that it is no more than n8n's guideline allows. */
	async function conforms(
		version: number,
		parameters: { resource: string; operation: string } & IDataObject,
		json: IDataObject = {},
	): Promise<void> {
		const data = await storeBinary(Buffer.from('content '.repeat(10)), { fileName: 'a.txt', mimeType: 'text/plain' });
		const [item] = await world.output(parameters, { items: [{ json, binary: { data } }], node: { typeVersion: version } });
		const schema = schemaOf(version, parameters.resource, parameters.operation);
		expect(Object.entries(item?.json ?? {}).map(([name, value]) => [name, typeof value])).toEqual(
			Object.keys(item?.json ?? {}).map((name) => [name, schema[name]]),
		);
		expect(item).toBeDefined();
		expect(Object.keys(item?.json ?? {}).filter((name) => !NOT_COUNTED.includes(name)).length).toBeLessThanOrEqual(10);
	}

	test.each(Object.entries(operations).flatMap(([resource, group]) => Object.keys(group).map((operation) => [resource, operation])))(
		'%s: %s has one, of names in camelCase',
		(resource, operation) => {
			const names = Object.keys(schemaOf(version, resource, operation));
			expect(names.length).toBeGreaterThan(0);
			expect(names.filter((name) => !/^[a-z][A-Za-z]*$/.test(name))).toEqual([]);
		},
	);

	test.each(['text', 'binary'])(
		'the trigger: what comes out was announced, ten fields at most, for messages and reports, as %s',
		async (outputAs) => {
			const schema = schemaOf(version);
			const messageId = await world.sandbox.putMessage(full);
			const report = await world.sandbox.putReport({
				to: 'X26ABC1',
				code: '14',
				description: 'late',
				linkedMessageId: messageId,
				subject: 'S',
				localId: 'L',
				fileName: 'f',
			});
			const workflow = makeWorkflow({
				types: { [TRIGGER]: new MeshTrigger() },
				nodes: [makeNode('Trigger', TRIGGER, { outputAs, reports: 'output' }, { typeVersion: version })],
				credentials: world.credentials,
			});
			const run = await execute(workflow, {
				start: 'Trigger',
				items: [messageId, report].map((id) => ({ json: { messageId: id } })),
				mode: 'trigger',
			});
			for (const json of [outputOf(run, 'Trigger'), outputOf(run, 'Trigger', 1)].map(([item]) => item?.json ?? {})) {
				expect(Object.entries(json).map(([name, value]) => [name, typeof value])).toEqual(
					Object.keys(json).map((name) => [name, schema[name]]),
				);
				expect([Object.keys(json).length <= 10, json]).toEqual([
					true,
					expect.objectContaining({
						deliveryAttempt: 1,
						workflowId: expect.any(String),
						...(version > 1 ? { receivedAt: expect.any(String) } : {}),
					}),
				]);
			}
		},
	);

	test('sending: what comes out was announced', async () => {
		const details = { subject: 'S', localId: 'L', partnerId: 'P' };
		const options =
			version === 1
				? { options: { ...details, fileName: 'f', checksum: 'sha256' } }
				: { messageDetails: details, fileNameFrom: 'custom', customFileName: 'f', options: { checksum: 'sha256' } };
		await conforms(version, { resource: 'message', operation: 'send', to: 'X26ABC2', workflowId: 'W', ...options });
		const received = { messageId: 'M', from: 'X26ABC2', workflowId: 'W', localId: 'X' };
		await conforms(version, { resource: 'message', operation: 'send', to: 'X26ABC2', workflowId: 'W', ...options }, received);
		await conforms(version, { resource: 'message', operation: 'reply', contentFrom: 'binary', ...options }, received);
		await conforms(version, { resource: 'message', operation: 'track', trackBy: 'localId', localId: 'L' });
	});

	test('receiving: what comes out was announced, for messages and reports', async () => {
		const put = {
			message: async () => await world.sandbox.putMessage(full),
			report: async () =>
				await world.sandbox.putReport({
					to: 'X26ABC1',
					code: '14',
					description: 'late',
					linkedMessageId: 'M1',
					subject: 'S',
					localId: 'L',
					fileName: 'f',
				}),
		};
		await put.message();
		await conforms(version, { resource: 'message', operation: 'getMany' });
		for (const one of [put.message, put.report]) {
			await conforms(version, { resource: 'message', operation: 'getHeaders', messageId: await one() });
			for (const outputAs of ['binary', 'text'])
				await conforms(version, {
					resource: 'message',
					operation: 'download',
					messageId: await one(),
					outputAs,
					options: { acknowledge: true },
				});
		}
		world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'status', status: 403 } });
		await conforms(version, {
			resource: 'message',
			operation: 'download',
			messageId: await put.message(),
			outputAs: 'text',
			options: { acknowledge: true },
		});
		await world.sandbox.reset();
		await conforms(version, { resource: 'message', operation: 'acknowledge', messageId: await put.message() });
	});

	test('mailbox and directory: what comes out was announced', async () => {
		await conforms(version, { resource: 'mailbox', operation: 'count' });
		await conforms(version, { resource: 'mailbox', operation: 'validate' });
		await conforms(version, { resource: 'mailbox', operation: 'checkConnection' });
		await conforms(version, { resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' });
		await conforms(version, { resource: 'directory', operation: 'search', workflowId: 'TEST_WORKFLOW2' });
		world.sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 403 } });
		await conforms(version, { resource: 'mailbox', operation: 'checkConnection' });
	});
});
