import type { IDataObject, IExecuteFunctions, INodeType } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { bareDescription, errorOf, execute, makeNode, makeWorkflow, outputOf, passOn, storeBinary, useBinaryDataMode } from '../engine';
import { MESH, startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => {
	await world.sandbox.reset();
	await useBinaryDataMode('filesystem');
});
afterAll(async () => await world.close());

/** As many nodes do, it puts out the fields without the files. */
const drop: INodeType = {
	description: { ...bareDescription, name: 'drop' },
	async execute(this: IExecuteFunctions) {
		return [this.getInputData().map(({ json }, item) => ({ json, pairedItem: { item } }))];
	},
};

/** Source, with two files -> a node that drops them -> Send. `combined` is the binary mode of n8n 2 that keeps files among the fields. */
async function send(binaryPropertyName: string, { combined = false } = {}) {
	const parameters: IDataObject = {
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'binary',
		binaryPropertyName,
		simplify: false,
		options: {},
	};
	const workflow = makeWorkflow({
		types: { [MESH]: new Mesh(), 'x.pass': passOn, 'x.drop': drop },
		nodes: [makeNode('Source', 'x.pass'), makeNode('Drop', 'x.drop'), makeNode('MESH', MESH, parameters)],
		connections: [
			['Source', 'Drop'],
			['Drop', 'MESH'],
		],
		credentials: world.credentials,
	});
	if (combined) workflow.workflow.settings.binaryMode = 'combined';
	const items = await Promise.all(
		['<a/>', '<b/>'].map(async (text) => {
			const data = await storeBinary(Buffer.from(text), { fileName: 'letter.xml', mimeType: 'application/xml' });
			return combined ? { json: { data: data as unknown as IDataObject } } : { json: {}, binary: { data } };
		}),
	);
	return await execute(workflow, { start: 'Source', items });
}

describe('Message: Send, when Input Binary Field is an expression that gives a file', () => {
	test.each(['filesystem', 'default'] as const)(
		'each item sends that of another node, with its media type (binary data mode %s)',
		async (mode) => {
			await useBinaryDataMode(mode);
			const run = await send("={{ $('Source').item.binary.data }}");
			const sent = outputOf(run, 'MESH').map(({ json }) => json);
			expect(sent).toEqual([
				expect.objectContaining({ contentType: 'application/xml' }),
				expect.objectContaining({ contentType: 'application/xml' }),
			]);
			expect(await Promise.all(sent.map(async ({ messageId }) => (await world.sandbox.content(String(messageId))).toString()))).toEqual([
				'<a/>',
				'<b/>',
			]);
		},
	);

	test.each(['={{ $json.data }}', 'data'])('in the combined binary mode too, where %j is the file', async (binaryPropertyName) => {
		const run = await send(binaryPropertyName, { combined: true });
		const [sent] = outputOf(run, 'MESH');
		expect((await world.sandbox.content(String(sent?.json.messageId))).toString()).toBe('<a/>');
	});

	test('an object that is no file is refused in the words of n8n', async () => {
		const error = errorOf(await send('={{ ({ some: "object" }) }}'));
		expect(error.message).toMatch(/binary data object/);
		expect(error.context.itemIndex).toBe(0);
		expect(world.sandbox.requests).toHaveLength(0);
	});

	test('an expression that gives nothing names the field', async () => {
		expect(errorOf(await send("={{ $('Source').item.binary.other }}")).message).toMatch(/Input Binary Field/);
	});
});
