import { setTimeout as pause } from 'node:timers/promises';
import { PollContext } from 'n8n-core';
import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeType,
	IPollFunctions,
	IRun,
	WorkflowActivateMode,
} from 'n8n-workflow';
import { MeshTrigger } from '../../nodes/Mesh/MeshTrigger.node';
import { closeSharedClients } from '../../nodes/Mesh/client/sharedClients';
import { replaceRuntime } from '../../nodes/Mesh/client/runtime';
import { forgetNeighbours } from '../../nodes/Mesh/trigger/neighbours';
import { forgetProcess } from '../../nodes/Mesh/trigger/process';
import { forgetSessions, sessionOf } from '../../nodes/Mesh/trigger/session';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import {
	bareDescription,
	execute,
	makeNode,
	makeWorkflow,
	sandboxCredential,
	useBinaryDataMode,
	type CredentialData,
	type TestWorkflow,
} from '../engine';
import { makeAdditionalData } from '../engine';
import { FakeClock, passPause } from '../support/fakeClock';

const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';
const STEP = 'x.step';

export const MINUTE_MS = 60_000;

/** One execution that the trigger has asked for. */
interface HandedOver {
	items: INodeExecutionData[];
	messageIds: string[];
	attempts: number[];
	/** Static data of the workflow at the hand-over: what n8n has saved by then. */
	saved: IDataObject;
	/** Runs the workflow in n8n's engine and reports its end to the trigger. */
	run(asInQueueMode?: boolean): Promise<IRun>;
	/** Reports an end without running anything. */
	end(status: IRun['status'], lastNodeExecuted?: string): void;
	/** Reports that n8n could not start it, or that it was stopped. */
	reject(error: Error): void;
	/** What n8n does when it has stored the execution: it takes hold of what will settle the promise. */
	start(): void;
}

export interface HostOptions {
	parameters?: IDataObject;
	/** Settings of the trigger node. */
	node?: Partial<INode>;
	/** What the node after the trigger does; throwing fails the execution. */
	step?: (context: IExecuteFunctions, items: INodeExecutionData[]) => Promise<INodeExecutionData[]>;
	/** Static data that an earlier process has saved. */
	saved?: IDataObject;
	credentials?: CredentialData;
	budgetMs?: number;
	/** A host that has no `getPollBudgetMs`. */
	isOldHost?: boolean;
	/** Runs every execution as soon as it is handed over. Default true. */
	runs?: boolean;
	/** A host that has not stored the execution yet; n8n 1.x says nothing when it could not. */
	isStarting?: boolean;
	/** Settings of the workflow, such as the engine that runs it. */
	settings?: IDataObject;
	/** A host that throws instead of taking a hand-over. */
	refuses?: Error;
}

/** The part of n8n's main process that owns an active workflow: one context per activation, executions, saved static data. */
export class Host {
	readonly handedOver: HandedOver[] = [];
	readonly raised: Error[] = [];
	/** Errors of the executions that failed. */
	readonly failures: Array<Error & { description?: string | null }> = [];
	/** For each execution, how many items went out on Messages and on Reports. */
	readonly outputs: number[][] = [];
	/** How often the node after the trigger ran. */
	stepped = 0;
	/** For each hand-over, whether it asked to be told of the end. */
	readonly promised: boolean[] = [];
	saved: IDataObject;
	runs: boolean;
	private context?: IPollFunctions;
	private readonly running: Array<Promise<unknown>> = [];
	private workflow: TestWorkflow;

	constructor(private readonly options: HostOptions & { credentials: CredentialData }) {
		this.runs = options.runs ?? true;
		this.saved = options.saved ?? {};
		this.workflow = this.makeWorkflow();
	}

	/** Activates the workflow, which polls once, and rejects where n8n would refuse to activate. */
	async activate(mode: WorkflowActivateMode = 'activate', change: Partial<HostOptions> = {}): Promise<void> {
		Object.assign(this.options, change);
		this.workflow = this.makeWorkflow();
		this.context = this.makeContext(mode);
		await this.pollWith(this.context);
		this.save(); // as n8n does after activation
	}

	/** One poll of the active workflow, as every minute. */
	async poll(): Promise<void> {
		if (this.context === undefined) throw new Error('The workflow is not active');
		await this.pollWith(this.context);
	}

	/** Resolves when every execution started so far has ended and what follows from it is done. */
	async settled(): Promise<void> {
		await Promise.all(this.running.splice(0));
		await pause(0);
		const ledger = this.context && sessionOf(this.context).ledger;
		await until(() => (ledger?.acknowledging.size ?? 0) === 0, 'the end of the acknowledgements');
	}

	private async pollWith(context: IPollFunctions): Promise<void> {
		const returned = await this.trigger().poll?.call(context);
		if (returned !== null) throw new Error('The poll returned items instead of handing them over');
	}

	private trigger(): INodeType {
		return this.workflow.workflow.nodeTypes.getByNameAndVersion(TRIGGER) as INodeType;
	}

	private makeWorkflow(): TestWorkflow {
		const { parameters = {}, node, step, credentials, settings } = this.options;
		const stepNode: INodeType = {
			description: { ...bareDescription, name: 'step' },
			async execute(this: IExecuteFunctions) {
				const items = this.getInputData();
				return [(await step?.(this, items)) ?? items];
			},
		};
		return makeWorkflow({
			types: { [TRIGGER]: new MeshTrigger(), [STEP]: stepNode },
			nodes: [makeNode('MESH', TRIGGER, parameters, node), makeNode('Step', STEP), makeNode('On Report', STEP)],
			connections: [
				['MESH', 0, 'Step'],
				['MESH', 1, 'On Report'],
			],
			credentials,
			staticData: structuredClone(this.saved),
			settings,
		});
	}

	private makeContext(mode: WorkflowActivateMode): IPollFunctions {
		const { workflow } = this.workflow;
		const node = workflow.getNode('MESH') as INode;
		const { budgetMs, isOldHost } = this.options;
		const context = new PollContext(
			workflow,
			node,
			makeAdditionalData(this.workflow, 'trigger'),
			'trigger',
			mode,
			([items = []], _response, done) => this.take(items, done),
			(error) => this.raised.push(error),
			undefined,
			undefined,
			undefined,
			budgetMs === undefined ? undefined : () => budgetMs,
		);
		return isOldHost === true ? Object.assign(context, { getPollBudgetMs: undefined }) : context;
	}

	private take(items: INodeExecutionData[], done: Parameters<IPollFunctions['__emit']>[2]): void {
		if (this.options.refuses !== undefined) throw this.options.refuses;
		this.promised.push(done !== undefined);
		this.save(); // n8n saves static data with each hand-over
		const { workflow } = this;
		let settle: Pick<NonNullable<typeof done>, 'resolve' | 'reject'> | undefined;
		const handedOver: HandedOver = {
			start: () => {
				settle = done && { resolve: done.resolve, reject: done.reject };
			},
			items,
			messageIds: items.map(({ json }) => String(json.messageId)),
			attempts: items.map(({ json }) => Number(json.deliveryAttempt)),
			saved: structuredClone(this.saved),
			run: async (asInQueueMode = false) => {
				const run = await execute(workflow, { start: 'MESH', items, mode: 'trigger' });
				this.note(run);
				settle?.resolve(asInQueueMode ? throughRedis(run) : run);
				return run;
			},
			end: (status, lastNodeExecuted) =>
				settle?.resolve({ status, data: { resultData: { runData: {}, lastNodeExecuted } } } as unknown as IRun),
			reject: (error) => settle?.reject(error),
		};
		this.handedOver.push(handedOver);
		if (this.options.isStarting === true) return;
		handedOver.start();
		if (this.runs) this.running.push(handedOver.run());
	}

	private note({ data: { resultData } }: IRun): void {
		if (resultData.error !== undefined) this.failures.push(resultData.error);
		const trigger = resultData.runData.MESH?.[0]?.data?.main;
		if (trigger !== undefined) this.outputs.push(trigger.map((items) => items?.length ?? 0));
		this.stepped += resultData.runData.Step?.length ?? 0;
	}

	/** Through JSON, as a database does. */
	private save(): void {
		this.saved = JSON.parse(JSON.stringify(this.workflow.workflow.staticData)) as IDataObject;
	}
}

/** A sandbox, a clock and hosts that use them. */
export interface TriggerWorld {
	sandbox: Sandbox;
	clock: FakeClock;
	host(options?: HostOptions): Host;
	/** As before any test: MESH is empty, n8n has just started, and no call has been made. */
	fresh(): Promise<void>;
	/** What a restart of n8n's process does to the trigger's memory. */
	restart(): void;
	/** Polls once a minute for so many minutes; says at which of them something was raised. */
	pollFor(host: Host, minutes: number): Promise<number[]>;
	/** Names of the calls MESH has got since the last look. */
	calls(): string[];
	close(): Promise<void>;
}

export async function startTriggerWorld(options: SandboxOptions = {}): Promise<TriggerWorld> {
	await useBinaryDataMode('filesystem');
	const clock = new FakeClock();
	const sandbox = await startSandbox({ now: clock.now, ...options });
	replaceRuntime({ now: clock.now, steadyNow: clock.now, after: clock.after, sleep: passPause });
	let seen = 0;
	const calls = () => {
		const unseen = sandbox.requests.slice(seen).map(({ call }) => call);
		seen = sandbox.requests.length;
		return unseen;
	};
	return {
		sandbox,
		clock,
		host: (more = {}) => new Host({ credentials: { meshApi: sandboxCredential(sandbox, 'X26ABC1') }, ...more }),
		async fresh() {
			await sandbox.reset();
			forgetAll();
			calls();
		},
		restart: forgetAll,
		async pollFor(host, minutes) {
			const raised: number[] = [];
			for (let minute = 1; minute <= minutes; minute++) {
				clock.advance(MINUTE_MS);
				const before = host.raised.length;
				await host.poll();
				if (host.raised.length > before) raised.push(minute);
			}
			return raised;
		},
		calls,
		async close() {
			replaceRuntime();
			forgetAll();
			await closeSharedClients();
			await sandbox.close();
		},
	};
}

/** Gives the tests of a file one world, begun anew for each of them. */
export function useTriggerWorld(use: (world: TriggerWorld) => void): void {
	let world: TriggerWorld;
	beforeAll(async () => use((world = await startTriggerWorld())));
	beforeEach(async () => await world.fresh());
	afterAll(async () => await world.close());
}

/** What n8n's main process is told of an execution that a worker ran. */
function throughRedis({ status, data: { resultData } }: IRun): IRun {
	const { lastNodeExecuted, error } = resultData;
	return JSON.parse(JSON.stringify({ status, data: { resultData: { runData: {}, lastNodeExecuted, error } } })) as IRun;
}

/** A new process remembers nothing. */
function forgetAll(): void {
	forgetSessions();
	forgetNeighbours();
	forgetProcess();
}

/** Gives what must not happen a moment to happen. */
export async function quiet(): Promise<void> {
	await pause(40);
}

/** Waits for what happens by itself. */
export async function until(condition: () => boolean, what: string): Promise<void> {
	for (let turn = 0; turn < 1_000; turn++) {
		if (condition()) return;
		await pause(5);
	}
	throw new Error(`Never happened: ${what}`);
}
