import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveOutputSchemaPath } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Mesh/actions/operations';
import { storeBinary } from '../engine';
import { startWorld, type World } from './world';

const nodeDir = join(__dirname, '../../nodes/Mesh');
let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

/** The fields that the editor offers before the first run, found as n8n finds them, by name with their type. */
function schemaOf(resource?: string, operation?: string): Record<string, string> {
	const path = resolveOutputSchemaPath({ nodeDir, version: 1, resource, operation });
	const { type, properties } = JSON.parse(readFileSync(path ?? '', 'utf8')) as { type: string; properties: Record<string, { type: string }> };
	expect(type).toBe('object');
	return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.type]));
}

/** That everything which came out was announced, under its right type. */
async function conforms(parameters: { resource: string; operation: string } & IDataObject, json: IDataObject = {}): Promise<void> {
	const data = await storeBinary(Buffer.from('content '.repeat(10)), { fileName: 'a.txt', mimeType: 'text/plain' });
	const [item] = await world.output(parameters, { items: [{ json, binary: { data } }] });
	const schema = schemaOf(parameters.resource, parameters.operation);
	expect(Object.entries(item?.json ?? {}).map(([name, value]) => [name, typeof value])).toEqual(Object.keys(item?.json ?? {}).map((name) => [name, schema[name]]));
	expect(item).toBeDefined();
}

describe('the output schemas', () => {
	test.each(Object.entries(operations).flatMap(([resource, group]) => Object.keys(group).map((operation) => [resource, operation])))(
		'%s: %s has one, of names in camelCase',
		(resource, operation) => {
			const names = Object.keys(schemaOf(resource, operation));
			expect(names.length).toBeGreaterThan(0);
			expect(names.filter((name) => !/^[a-z][A-Za-z]*$/.test(name))).toEqual([]);
		},
	);

	test('the trigger has one', () => {
		expect(schemaOf()).toMatchObject({ messageId: 'string', isReport: 'boolean', from: 'string', deliveryAttempt: 'number', bytes: 'number' });
	});

	test('sending: what comes out was announced', async () => {
		const options = { subject: 'S', localId: 'L', fileName: 'f', partnerId: 'P', checksum: 'sha256' };
		await conforms({ resource: 'message', operation: 'send', to: 'X26ABC2', workflowId: 'W', options });
		await conforms({ resource: 'message', operation: 'reply', contentFrom: 'binary', options: { ...options, localId: undefined } }, { from: 'X26ABC2', workflowId: 'W', localId: 'X' });
		await conforms({ resource: 'message', operation: 'track', trackBy: 'localId', localId: 'L' });
	});

	test('receiving: what comes out was announced, for messages and reports', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content: 'x', workflowId: 'W', subject: 'S', localId: 'L', fileName: 'f/x', contentType: 'text/plain', checksum: 'ab' });
		const report = await world.sandbox.putReport({ to: 'X26ABC1', code: '14', description: 'late', linkedMessageId: messageId });
		await conforms({ resource: 'message', operation: 'getMany' });
		for (const id of [messageId, report]) {
			await conforms({ resource: 'message', operation: 'getHeaders', messageId: id });
			for (const outputAs of ['binary', 'text']) await conforms({ resource: 'message', operation: 'download', messageId: id, outputAs, options: {} });
		}
		await conforms({ resource: 'message', operation: 'acknowledge', messageId });
	});

	test('mailbox and directory: what comes out was announced', async () => {
		await conforms({ resource: 'mailbox', operation: 'count' });
		await conforms({ resource: 'mailbox', operation: 'validate' });
		await conforms({ resource: 'mailbox', operation: 'checkConnection' });
		await conforms({ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' });
		await conforms({ resource: 'directory', operation: 'search', workflowId: 'TEST_WORKFLOW2' });
		world.sandbox.arm({ call: 'handshake', fault: { kind: 'status', status: 403 } });
		await conforms({ resource: 'mailbox', operation: 'checkConnection' });
	});
});
