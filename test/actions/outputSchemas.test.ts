import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveOutputSchemaPath } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Mesh/actions/router';
import { MeshTrigger } from '../../nodes/Mesh/MeshTrigger.node';
import type { MessageToPut } from '../../sandbox';
import { execute, makeNode, makeWorkflow, outputOf, storeBinary } from '../engine';
import { startWorld, type World } from './world';

const nodeDir = join(__dirname, '../../nodes/Mesh');
const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';

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

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

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

describe.each([1, 1.1])('the output schemas of version %s', (version) => {
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
