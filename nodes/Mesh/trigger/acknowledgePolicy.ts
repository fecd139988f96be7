import type { DeliveryRules } from './deliveries';

/** When a message is acknowledged, that is when MESH forgets it; the words are those of n8n's queue triggers. */
export type AcknowledgePolicy = 'whenWorkflowSucceeds' | 'whenWorkflowFinishes' | 'immediatelyAfterDownload' | 'later';

/** What a successful execution means for the message under each policy. */
export const afterSuccess: Readonly<Record<AcknowledgePolicy, DeliveryRules['afterSuccess']>> = {
	whenWorkflowSucceeds: 'acknowledge',
	whenWorkflowFinishes: 'acknowledge',
	// The execution has acknowledged it; should that have failed, the next listing still shows it.
	immediatelyAfterDownload: 'confirm',
	later: 'await',
};

export function isAcknowledgePolicy(value: unknown): value is AcknowledgePolicy {
	return typeof value === 'string' && Object.hasOwn(afterSuccess, value);
}
