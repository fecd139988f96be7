import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { MeshClient } from '../client';

/** One item's turn in an operation. */
export interface OperationCall {
	context: IExecuteFunctions;
	client: MeshClient;
	itemIndex: number;
	/** Aborts when the user stops the execution. */
	signal?: AbortSignal;
	/**
	 * Has `task` run once all items are through, and not at all when the node fails: the place for what cannot be taken
	 * back, such as acknowledging. A task must not throw.
	 */
	afterAllItems(task: () => Promise<void>): void;
}

/** An output item of an operation; the router adds which input item it belongs to. */
export type OperationItem = Pick<INodeExecutionData, 'json' | 'binary'>;

/** What a `<verb>.operation.ts` file exports. */
export interface Operation {
	/** Fields of the operation, with the display options that show them. */
	description: INodeProperties[];
	/** Runs for one item. Throws MeshError or n8n's own errors. */
	execute(call: OperationCall): Promise<OperationItem[]>;
	/** How many items may be in work at the same time; results keep the order of the items. Default 1. */
	itemsAtOnce?: (context: IExecuteFunctions) => number;
}
