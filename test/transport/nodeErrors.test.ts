import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';
import { MeshError } from '../../nodes/Mesh/client';
import type { MeshErrorDetails } from '../../nodes/Mesh/client';
import { errorFacts, toNodeError } from '../../nodes/Mesh/transport/nodeErrors';

const node: INode = { id: '1', name: 'MESH', type: 'n8n-nodes-nhs-mesh.mesh', typeVersion: 1, position: [0, 0], parameters: {} };
const mesh = (message: string, details: MeshErrorDetails, cause?: unknown) => Object.assign(new MeshError(message, details), { cause });

describe('toNodeError', () => {
	test('an answer of MESH becomes an API error with status, remedy and item', () => {
		const error = toNodeError(
			node,
			mesh('Could not send message: MESH answered 417', {
				code: 'MESH_STATUS',
				httpStatus: 417,
				meshCode: '12',
				hint: 'Check the recipient.',
				localId: 'L',
			}),
			3,
		);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error).toMatchObject({
			message: 'Could not send message: MESH answered 417',
			description: 'Check the recipient.',
			httpCode: '417',
			context: { itemIndex: 3, data: { errorCode: 'MESH_STATUS', httpStatus: 417, meshCode: '12', localId: 'L' } },
		});
	});

	test.each(['MESH_INVALID_INPUT', 'MESH_INVALID_CREDENTIAL', 'MESH_LIMIT'] as const)(
		'%s lies with the workflow, not with the service',
		(code) => {
			expect(toNodeError(node, mesh('m', { code, hint: 'h', parameter: 'to' }), 0)).toBeInstanceOf(NodeOperationError);
		},
	);

	test('the text stays ours, although n8n swaps messages in which it finds a network code', () => {
		const error = toNodeError(
			node,
			mesh('Could not list inbox: nothing answers (localhost:1, ECONNREFUSED)', {
				code: 'MESH_NETWORK',
				networkCode: 'ECONNREFUSED',
				hint: 'Check the address.',
			}),
		);
		expect(error.message).toBe('Could not list inbox: nothing answers (localhost:1, ECONNREFUSED)');
		expect(error.description).toBe('Check the address.');
	});

	test('a cancelled call says the word by which n8n marks the execution as canceled', () => {
		expect(toNodeError(node, mesh('Aborted', { code: 'MESH_ABORTED' })).message).toContain('canceled');
	});

	test('an interrupted upload carries its state, as data and as text to copy', () => {
		const upload = { messageId: 'M', nextChunk: 2, chunkCount: 3, chunkSize: 10, compressed: true, size: 25 };
		const error = toNodeError(node, mesh('Broke off', { code: 'MESH_UPLOAD_INTERRUPTED', upload, messageId: 'M', hint: 'Go on.' }));
		expect(error.context.data).toMatchObject({ upload });
		expect(JSON.parse(/\{.*\}/.exec(String(error.description))?.[0] ?? '')).toEqual(upload);
	});

	test('nothing of the cause is kept, because it could be a request with its authorization', () => {
		const error = toNodeError(node, mesh('Broke', { code: 'MESH_NETWORK' }, { request: { headers: { authorization: 'NHSMESH secret' } } }));
		const { cause, errorResponse } = error as { cause?: unknown; errorResponse?: unknown };
		expect(JSON.stringify([error, cause, errorResponse])).not.toContain('secret');
	});

	test.each<[string, NodeApiError | NodeOperationError]>([
		['operation', new NodeOperationError(node, 'The item has no binary field', { description: 'Add one.', type: 'some type' })],
		['API', new NodeApiError(node, { message: 'm' }, { message: 'It broke', httpCode: '418', description: 'Add one.' })],
	])("n8n's own %s errors are told as they are, with their item, and stay as they were", (_kind, own) => {
		own.context.descriptionKey = 'key';
		const before = { ...own, context: { ...own.context } };
		const told = toNodeError(node, own, 4);
		const { message, description, name } = own;
		const kept = ['httpCode', 'type', 'level', 'functionality'].flatMap((fact) => (fact in own ? [[fact, Reflect.get(own, fact)]] : []));
		expect(told).toMatchObject({
			message,
			description,
			name,
			...Object.fromEntries(kept),
			context: { itemIndex: 4, descriptionKey: 'key' },
		});
		expect(toNodeError(node, told, 5).context.itemIndex).toBe(4);
		expect({ ...own }).toEqual(before);
	});

	test.each([
		['their message', () => new NodeOperationError(node, 'No patient 943 476 5919', { description: 'Look for 943 476 5919.' })],
		[
			'what caused them',
			() => new NodeOperationError(node, new Error('No patient 943 476 5919'), { message: 'No such patient', description: '943 476 5919' }),
		],
		['their context', () => Object.assign(new NodeOperationError(node, 'No patient'), { context: { nodeCause: 'of 943 476 5919' } })],
	])("no NHS number is left anywhere in one of n8n's errors that has it in %s", (_where, make) => {
		const told = toNodeError(node, make(), 0);
		const { message, description, messages, context, stack, cause } = told;
		const texts = [
			message,
			description,
			messages,
			context,
			stack,
			cause instanceof Error ? [cause.message, cause.stack] : cause,
			told.toJSON?.(),
		];
		expect(JSON.stringify(texts)).not.toContain('5919');
	});

	test.each<[string, Error]>([
		["n8n's", new NodeOperationError(node, 'The parameter is missing', { description: 'Fill it in' })],
		['the client', mesh('m', { code: 'MESH_STATUS', httpStatus: 403, hint: 'Fill it in' })],
		['the system', Object.assign(new Error('disk full'), { description: 'Fill it in' })],
	])('what else there is to say leaves an error of %s as it was, and stands in a new one', (_whose, error) => {
		const before = { ...error };
		for (let time = 1; time <= 2; time++) {
			const told = toNodeError(node, error, undefined, ({ message, description }) => ({
				message: `${message}!`,
				description: `${description} Polling goes on.`,
			}));
			expect(told).toMatchObject({ message: `${error.message}!`, description: expect.stringMatching(/^Fill it in\.? Polling goes on\.$/) });
			expect({ ...error }).toEqual(before);
		}
	});

	test('a system error keeps its text, since it tells what to do (disk full)', () => {
		const error = toNodeError(
			node,
			Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', password: 'secret' }),
			1,
		);
		expect(error).toMatchObject({ message: 'ENOSPC: no space left on device, write', context: { itemIndex: 1 } });
		expect(error.context.data).toBeUndefined();
		expect(error).not.toHaveProperty('password');
	});

	test('the text of a parse error is dropped, because it quotes what could not be parsed', () => {
		const parse = () => JSON.parse('Jane Doe, 9434765919') as unknown;
		let thrown: unknown;
		try {
			parse();
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toContain('Jane');
		const error = toNodeError(node, thrown);
		expect(error.message + String(error.stack) + String((error.cause as Error | undefined)?.message)).not.toMatch(/Jane|9434/);
	});

	test('whatever is thrown, an error of n8n comes out', () => {
		for (const thrown of [undefined, null, 'text', 7, {}]) expect(toNodeError(node, thrown)).toBeInstanceOf(NodeOperationError);
	});

	test('only errors of the client have facts', () => {
		expect(errorFacts(new Error('x'))).toEqual({});
		expect(errorFacts(mesh('m', { code: 'MESH_TIMEOUT', temporary: true }))).toEqual({ errorCode: 'MESH_TIMEOUT', temporary: true });
	});
});
