import type { INode, IPollFunctions } from 'n8n-workflow';
import type { MeshClient } from '../client';
import type { Ledger } from './ledger';
import type { PollOccasion } from './pollOccasion';
import type { Session } from './sessions';
import type { TriggerSettings } from './settings';

/** One poll and everything it works with. */
export interface PollRun {
	context: IPollFunctions;
	node: INode;
	occasion: PollOccasion;
	session: Session;
	ledger: Ledger;
	settings: TriggerSettings;
	client: MeshClient;
	/** Aborts when a newer activation takes over. */
	signal: AbortSignal;
	/** When to stop handing over, in milliseconds since the epoch. */
	deadline: number;
}
