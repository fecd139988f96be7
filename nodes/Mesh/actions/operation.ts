import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { MeshClient } from '../client';
import type { RunHints } from '../transport/hints';

/** One run of the node: what its items have in common. */
export interface NodeRun {
	hints: RunHints;
	/** Which run of the node in the execution it is: in a loop there are several, with other content for the same item number. */
	index(): number;
}

/** One item's turn in an operation. */
export interface ItemCall {
	context: IExecuteFunctions;
	itemIndex: number;
	run: NodeRun;
	/** Aborts when the user stops the execution. */
	signal?: AbortSignal;
	/**
	 * Has `task` run once all items are through, and not at all when the node fails: the place for what cannot be taken
	 * back, such as acknowledging. A task must not throw.
	 */
	afterAllItems(task: () => Promise<void>): void;
}

/** The same with the client of the item's credential. */
export interface OperationCall extends ItemCall {
	client: MeshClient;
}

/** An output item of an operation; the router adds which input item it belongs to. */
export type OperationItem = Pick<INodeExecutionData, 'json' | 'binary'>;

interface OperationParts {
	/** Fields of the operation, with the display options that show them. */
	description: INodeProperties[];
	/** How its transfers are told of. */
	transfers?: 'Sent' | 'Received';
	/** How many items may be in work at the same time; results keep the order of the items. Default 1. */
	itemsAtOnce?: (context: IExecuteFunctions) => number;
}

/** What a `<verb>.operation.ts` file exports. `execute` runs for one item and throws MeshError or n8n's own errors. */
export type Operation = OperationParts &
	(
		| { opensOwnClient?: undefined; execute(call: OperationCall): Promise<OperationItem[]> }
		/** For what has to work where no client can be made of the credential. */
		| { opensOwnClient: true; execute(call: ItemCall): Promise<OperationItem[]> }
	);
