import { setTimeout as pause } from 'node:timers/promises';
import type { IExecuteFunctions, INodeType, IPollFunctions, IRun } from 'n8n-workflow';
import {
	bareDescription,
	errorOf,
	execute,
	makeNode,
	makeWorkflow,
	outputOf,
	poll,
	readBinary,
	storeBinary,
	storedText,
	useBinaryDataMode,
} from '.';

const echo: INodeType = {
	description: {
		...bareDescription,
		name: 'echo',
		outputs: ['main', 'main'],
		properties: [{ displayName: 'Value', name: 'value', type: 'string', default: '' }],
	},
	async execute(this: IExecuteFunctions) {
		const items = this.getInputData().map((item, i) => ({
			...item,
			json: { value: this.getNodeParameter('value', i) as string },
			pairedItem: { item: i },
		}));
		return [items, items.slice(0, 1)];
	},
};

const broken: INodeType = {
	description: { ...bareDescription, name: 'broken' },
	async execute() {
		throw new Error('broken on purpose');
	},
};

const endless: INodeType = {
	description: { ...bareDescription, name: 'endless' },
	async execute(this: IExecuteFunctions) {
		await pause(60_000, undefined, { signal: this.getExecutionCancelSignal() }).catch(() => {});
		return [[]];
	},
};

const polling: INodeType = {
	description: { ...bareDescription, name: 'polling', polling: true, inputs: [], credentials: [{ name: 'meshApi' }] },
	async poll(this: IPollFunctions) {
		const { secret } = await this.getCredentials<{ secret: string }>('meshApi');
		const state = this.getWorkflowStaticData('node');
		state.polls = ((state.polls as number | undefined) ?? 0) + 1;
		this.__emit(
			[[{ json: { secret, budget: this.getPollBudgetMs() } }]],
			undefined,
			this.helpers.createDeferredPromise<IRun | undefined>(),
		);
		this.__emitError(new Error('for the error workflow'));
		return null;
	},
};

const types = { 'x.echo': echo, 'x.broken': broken, 'x.endless': endless, 'x.polling': polling };

describe('the test engine', () => {
	beforeAll(async () => await useBinaryDataMode('filesystem'));

	test('resolves expressions per item and keeps paired items and both outputs', async () => {
		const workflow = makeWorkflow({ types, nodes: [makeNode('A', 'x.echo', { value: '={{ $json.v }}' })] });
		const run = await execute(workflow, { start: 'A', items: [{ json: { v: 'one' } }, { json: { v: 'two' } }] });
		expect(run.status).toBe('success');
		expect(outputOf(run, 'A').map(({ json, pairedItem }) => [json.value, pairedItem])).toEqual([
			['one', { item: 0 }],
			['two', { item: 1 }],
		]);
		expect(outputOf(run, 'A', 1)).toHaveLength(1);
	});

	test('reports the error of a failed run and shows everything that would be stored', async () => {
		const workflow = makeWorkflow({
			types,
			nodes: [makeNode('A', 'x.echo', { value: 'v' }), makeNode('B', 'x.broken')],
			connections: [['A', 'B']],
		});
		const run = await execute(workflow, { start: 'A' });
		expect(errorOf(run).message).toBe('broken on purpose');
		expect(storedText(run)).toContain('broken on purpose');
	});

	test('cancels a running execution through its signal, as the Stop button does', async () => {
		const stop = new AbortController();
		const running = execute(makeWorkflow({ types, nodes: [makeNode('A', 'x.endless')] }), { start: 'A', cancel: stop.signal });
		setImmediate(() => stop.abort());
		expect((await running).status).toBe('canceled');
	});

	test('polls with credentials and static data and collects what is handed over', async () => {
		const workflow = makeWorkflow({
			types,
			nodes: [makeNode('P', 'x.polling')],
			credentials: { meshApi: { secret: 's' } },
			staticData: { 'node:P': { polls: 4 } },
		});
		const outcome = await poll(workflow, { node: 'P', budgetMs: 1234 });
		expect(outcome.returned).toBeNull();
		expect(outcome.emitted.map(({ items, staticData }) => [items[0]?.json, staticData])).toEqual([
			[{ secret: 's', budget: 1234 }, { polls: 5 }],
		]);
		expect(outcome.emitted[0]?.done).toBeDefined();
		expect(outcome.emittedErrors.map(({ message }) => message)).toEqual(['for the error workflow']);
		expect(outcome.staticData).toEqual({ polls: 5 });
	});

	test('stores binary data on disk in filesystem mode and in the item in memory mode', async () => {
		const onDisk = await storeBinary(Buffer.from('abc'));
		expect(onDisk.id).toMatch(/^filesystem-v2:/);
		expect((await readBinary(onDisk)).toString()).toBe('abc');
		await useBinaryDataMode('default');
		const inMemory = await storeBinary(Buffer.from('abc'));
		expect(inMemory.id).toBeUndefined();
		expect((await readBinary(inMemory)).toString()).toBe('abc');
	});
});
